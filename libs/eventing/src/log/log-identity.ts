import { randomUUID } from 'node:crypto';
import { WrongRevision } from '../errors';
import { type EventStore, NO_STREAM } from '../ports/event-store';

/** Tells which log this is. Beside the ledger's own streams, so that no reader of those meets it. */
export const LOG_STREAM = 'tallystick-log';
const PAGE = 1_000;

export interface Epoch {
  /** UUID. */
  readonly log: string;
  readonly reason: 'opened' | 'truncated';
  /** The position of the last event that the epoch goes on from, as far as it is known. */
  readonly after?: number;
}

/** The epochs of the log, oldest first; none in a log that no version that knows them has opened. */
export async function readEpochs(store: EventStore): Promise<readonly Epoch[]> {
  const epochs: Epoch[] = [];
  for (;;) {
    const page = await store.read(LOG_STREAM, epochs.length, PAGE);
    for (const { data } of page) epochs.push(data as Epoch);
    if (page.length < PAGE) return epochs;
  }
}

/**
 * Writes a new epoch behind those that the caller knows. Of several processes that do so at once one succeeds, and all
 * get what the log then has.
 */
export async function beginEpoch(
  store: EventStore,
  known: readonly Epoch[],
  { reason, after, at }: Omit<Epoch, 'log'> & { readonly at: string },
): Promise<readonly Epoch[]> {
  const data: Epoch = { log: randomUUID(), reason, ...(after !== undefined && { after }) };
  const type = reason === 'opened' ? 'LogOpened' : 'EpochBegun';
  const metadata = { schemaVersion: 1, occurredAt: at, recordedAt: at };
  try {
    await store.append(LOG_STREAM, known.length + NO_STREAM, [{ id: randomUUID(), type, data, metadata }]);
  } catch (error) {
    if (!(error instanceof WrongRevision)) throw error;
  }
  return readEpochs(store);
}
