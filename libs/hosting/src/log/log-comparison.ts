import { LEDGER_VIEWS } from '@tallystick/domain/ledger';
import {
  verifyCheckpoint,
  type Checkpoint,
  type Epoch,
  type EventStore,
  type Table,
  type ViewStore,
} from '@tallystick/eventing';
import type { PublisherCheckpoint } from '../publishing/publisher-checkpoint';

export interface Compared {
  readonly checkpoint: Checkpoint;
  readonly is: Awaited<ReturnType<typeof verifyCheckpoint>>['is'];
  /** Of the event at the checkpoint's position, where an older version has stored the position alone. */
  readonly id?: string;
}

/** Everything that was read from the log and is kept beside it, compared with the log. */
export interface Comparison {
  readonly views: readonly (Compared & { readonly table: Table })[];
  readonly published: Compared;
  /** When an event was recorded that the log surely has still had, epoch milliseconds; undefined where none is known. */
  readonly lastCommon: () => Promise<number | undefined>;
}

export async function compareWithLog(
  store: EventStore,
  viewStore: ViewStore,
  published: PublisherCheckpoint,
  epochs: readonly Epoch[],
): Promise<Comparison> {
  const { checkpoint, epochs: known, marks } = await published.load();
  const compare = async (it: Checkpoint) => ({ checkpoint: it, ...(await verifyCheckpoint(store, epochs, it, known)) });
  const views = LEDGER_VIEWS.map(async ({ table }) => ({
    table,
    ...(await compare(await viewStore.checkpoint(table))),
  }));
  const lastCommon = async () => {
    for (const { position, id, at } of [...marks].reverse()) if ((await store.at(position))?.id === id) return at;
    return undefined;
  };
  return { views: await Promise.all(views), published: await compare(checkpoint), lastCommon };
}

export const isTruncated = ({ views, published }: Comparison): boolean =>
  [...views, published].some(({ is }) => is === 'truncated');

export const whyAnotherLog = ({ checkpoint }: Compared, log: string): string =>
  `The records of this installation were written beside the log ${checkpoint.log}, but TALLY_EVENT_STORE names the log ${log}. ` +
  'Set TALLY_EVENT_STORE to the log that they belong to, or give this log its own data directory or database.';

export const RECORDS_GONE =
  'The record store is empty, but the log beside it has events: records.db, or the PostgreSQL of TALLY_VIEWS, is gone or another one. ' +
  'Restore it from a backup, or set TALLY_VIEWS right; or start with --new-records to go on without it: all keys, names of organizations ' +
  'and projects, and job details are lost, and all events are published again.';

/** Names the farthest of what was read. */
export function whyTruncated({ views, published }: Comparison): string {
  const lost = [
    ...views.map((view) => ({ ...view, what: `the view ${view.table.name}` })),
    { ...published, what: 'the publisher' },
  ]
    .filter(({ is }) => is === 'truncated')
    .sort((a, b) => b.checkpoint.position - a.checkpoint.position);
  const { what, checkpoint } = lost[0]!;
  return (
    `The event store no longer has what was read of it: ${what} has had an event at position ${checkpoint.position} that is not there. ` +
    'The log is older than views and records (restored from a backup, damaged or empty), or TALLY_EVENT_STORE names another one. ' +
    'Set it right, or restore a newer backup; or start with --accept-truncated-log to go on with the log as it is: views are built anew, ' +
    'answers to repeated writes are dropped, and all events are published again under a new epoch.'
  );
}
