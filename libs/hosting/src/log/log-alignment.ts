import { ANSWERS, type KeptAnswer } from '@tallystick/contracts/http';
import { NOTHING_READ, type RecordStore, type ViewStore } from '@tallystick/eventing';
import type { Comparison } from './log-comparison';
import type { PublisherCheckpoint } from '../publishing/publisher-checkpoint';

const PAGE = 500;
/** Clocks of two processes may differ. */
const SLACK_MILLISECONDS = 60_000;

interface Kept {
  readonly views: ViewStore;
  readonly records: RecordStore;
  readonly published: PublisherCheckpoint;
}

/**
 * Brings what is kept beside the log in line with its newest epoch: drops what was read of another log or an earlier epoch,
 * and names what is right. The published position comes last: until it names the epoch, the next start does all of this again.
 */
export async function align(
  { views: store, records, published: position }: Kept,
  { views, published, lastCommon }: Comparison,
  epochs: readonly string[],
  isTruncated: boolean,
): Promise<{ readonly dropped: readonly string[]; readonly isPublishedAnew: boolean }> {
  const log = epochs[epochs.length - 1]!;
  const dropped: string[] = [];
  for (const { table, is, checkpoint, id } of views) {
    if (isTruncated || is === 'earlier epoch' || is === 'another log') {
      await store.drop(table);
      dropped.push(table.name);
    } else if (id !== undefined)
      await store.commit([{ table, checkpoint: { ...checkpoint, log, id }, from: checkpoint.position, put: [] }]);
  }
  const isPublishedAnew = isTruncated || published.is === 'earlier epoch';
  if (isPublishedAnew) {
    await forgetAnswers(records, await lastCommon());
    await position.save({ ...NOTHING_READ, log }, epochs);
  } else if (published.id !== undefined)
    await position.save({ ...published.checkpoint, log, id: published.id }, epochs);
  return { dropped, isPublishedAnew };
}

/** Answers to writes that the log may have lost: those given after the last event that it surely still has. */
async function forgetAnswers(records: RecordStore, since: number | undefined): Promise<void> {
  const limit = since === undefined ? -Infinity : since - SLACK_MILLISECONDS;
  for (let after: string | undefined; ;) {
    const page = await records.list(ANSWERS, { prefix: '', after, limit: PAGE, now: 0 });
    const lost = page.filter(({ value }) => ((value as KeptAnswer).at ?? Infinity) > limit);
    if (lost.length > 0)
      await records.remove(
        ANSWERS,
        lost.map(({ key }) => key),
      );
    if (page.length < PAGE) return;
    after = page[page.length - 1]!.key;
  }
}
