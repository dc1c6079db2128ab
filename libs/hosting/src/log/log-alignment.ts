import { ANSWERS, type KeptAnswer } from '@tallystick/contracts/http';
import { NOTHING_READ, type RecordStore, type ViewStore } from '@tallystick/eventing';
import type { PublisherCheckpoint } from '../publishing/publisher-checkpoint';
import type { LogComparison } from './log-comparison';

const PAGE = 500;
/** Clocks of two processes may differ. */
const SLACK_MILLISECONDS = 60_000;

export interface Alignment {
  /** Names of the views that are built again. */
  readonly dropped: readonly string[];
  readonly isPublishedAgain: boolean;
}

/**
 * Brings the views and the publisher of one category in line with the log's newest epoch: drops what was read of another log or
 * of an earlier epoch, and names the epoch in what is right. The publisher's checkpoint comes last: until it names the epoch,
 * the next start does all of this again.
 */
export async function align(
  views: ViewStore,
  publisher: PublisherCheckpoint,
  compared: LogComparison,
  epochs: readonly string[],
  isLogTruncated: boolean,
  beforePublishingAgain: () => Promise<void>,
): Promise<Alignment> {
  const log = epochs[epochs.length - 1]!;
  const dropped: string[] = [];
  for (const { table, is, checkpoint, id } of compared.views) {
    if (isLogTruncated || is === 'earlier epoch' || is === 'another log') {
      await views.drop(table);
      dropped.push(table.name);
    } else if (id !== undefined)
      await views.commit([{ table, checkpoint: { ...checkpoint, log, id }, from: checkpoint.position, put: [] }]);
  }
  const { checkpoint, id, is } = compared.published;
  const isPublishedAgain = isLogTruncated || is === 'earlier epoch';
  if (isPublishedAgain) {
    await beforePublishingAgain();
    await publisher.save({ ...NOTHING_READ, log }, epochs);
  } else if (id !== undefined) await publisher.save({ ...checkpoint, log, id }, epochs);
  return { dropped, isPublishedAgain };
}

/** Removes the kept responses to writes that the log may have lost: those given after the last event that it still has. */
export async function removeLostAnswers(records: RecordStore, since: number | undefined): Promise<void> {
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
