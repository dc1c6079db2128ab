import type { Table } from '@tallystick/domain/kernel';
import { verifyCheckpoint, type Checkpoint, type Epoch, type EventStore, type ViewStore } from '@tallystick/eventing';
import type { PublisherCheckpoint } from '../publishing/publisher-checkpoint';

/** A reader of the log and the log at its checkpoint. */
export interface ComparedCheckpoint {
  readonly checkpoint: Checkpoint;
  readonly is: Awaited<ReturnType<typeof verifyCheckpoint>>['is'];
  /** Id of the event at the checkpoint's position, if an older version stored the position alone. */
  readonly id?: string;
}

/** The readers of one category, with their checkpoints: its views and its publisher. */
export interface LogReaders {
  readonly tables: readonly Table[];
  readonly publisher: PublisherCheckpoint;
}

/** The checkpoints of one category compared with the log. */
export interface LogComparison {
  readonly views: readonly (ComparedCheckpoint & { readonly table: Table })[];
  readonly published: ComparedCheckpoint;
  /** When the last known event that the log still has was recorded, epoch milliseconds; undefined if none is known. */
  readonly lastCommon: () => Promise<number | undefined>;
}

export async function compareWithLog(
  store: EventStore,
  viewStore: ViewStore,
  { tables, publisher }: LogReaders,
  epochs: readonly Epoch[],
): Promise<LogComparison> {
  const { checkpoint, epochs: known, marks } = await publisher.load();
  const compare = async (it: Checkpoint) => ({ checkpoint: it, ...(await verifyCheckpoint(store, epochs, it, known)) });
  const views = tables.map(async (table) => ({ table, ...(await compare(await viewStore.checkpoint(table))) }));
  const lastCommon = async () => {
    for (const { position, id, at } of [...marks].reverse()) if ((await store.at(position))?.id === id) return at;
    return undefined;
  };
  return { views: await Promise.all(views), published: await compare(checkpoint), lastCommon };
}

export const isTruncated = (comparisons: readonly LogComparison[]): boolean =>
  comparisons.some(({ views, published }) => [...views, published].some(({ is }) => is === 'truncated'));

export const anotherLogMessage = ({ checkpoint }: ComparedCheckpoint, log: string): string =>
  `The records of this installation were written beside the log ${checkpoint.log}, but TALLY_EVENT_STORE names the log ${log}. ` +
  'Set TALLY_EVENT_STORE to the log that they belong to, or give this log its own data directory or database.';

export const RECORDS_MISSING =
  'The record store is empty, but the log beside it has events: records.db, or the PostgreSQL of TALLY_VIEWS, is gone or another one. ' +
  'Restore it from a backup, or set TALLY_VIEWS right; or start with --new-records to go on without it: all keys, names of organizations ' +
  'and projects, and job details are lost, and all events are published again.';

/** Names the reader that was farthest ahead of the log. */
export function truncatedMessage(comparisons: readonly LogComparison[]): string {
  const ahead = comparisons
    .flatMap(({ views, published }) => [
      ...views.map((view) => ({ ...view, reader: `the view ${view.table.name}` })),
      { ...published, reader: 'the publisher' },
    ])
    .filter(({ is }) => is === 'truncated')
    .sort((a, b) => b.checkpoint.position - a.checkpoint.position);
  const { reader, checkpoint } = ahead[0]!;
  return (
    `The event store no longer has what was read of it: ${reader} has had an event at position ${checkpoint.position} that is not there. ` +
    'The log is older than views and records (restored from a backup, damaged or empty), or TALLY_EVENT_STORE names another one. ' +
    'Set it right, or restore a newer backup; or start with --accept-truncated-log to go on with the log as it is: views are built again, ' +
    'answers to repeated writes are dropped, and all events are published again under a new epoch.'
  );
}
