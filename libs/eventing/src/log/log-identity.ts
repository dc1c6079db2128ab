import { randomUUID } from 'node:crypto';
import { WrongRevision } from '../errors';
import { type EventStore, NO_STREAM } from '../ports/event-store';

/** Identifies the log. It is outside of the services' stream categories, so that their readers do not see it. */
export const LOG_STREAM = 'tallystick-log';
const PAGE = 1_000;

/** `test`: the installation may have a sandbox clock and test payments. */
export type LogMode = 'live' | 'test';

export interface Epoch {
  /** UUID. */
  readonly log: string;
  readonly reason: 'opened' | 'truncated';
  /** The position of the last event before the epoch, if known. */
  readonly after?: number;
  /** Versions without modes did not store it. */
  readonly mode?: LogMode;
}

/** The mode of a log with epochs. A log that was opened by a version without modes is live. */
export const modeOf = (epochs: readonly Epoch[]): LogMode =>
  epochs.find(({ mode }) => mode !== undefined)?.mode ?? 'live';

/** The epochs of the log, oldest first. A log that was only opened by versions without epochs has none. */
export async function readEpochs(store: EventStore): Promise<readonly Epoch[]> {
  const epochs: Epoch[] = [];
  for (;;) {
    const page = await store.read(LOG_STREAM, epochs.length, PAGE);
    for (const { data } of page) epochs.push(data as Epoch);
    if (page.length < PAGE) return epochs;
  }
}

/**
 * Appends a new epoch after those that the caller knows. Of several processes that do so at the same time one succeeds, and all
 * return the epochs that the log then has.
 */
export async function beginEpoch(
  store: EventStore,
  known: readonly Epoch[],
  { reason, after, mode, at }: Omit<Epoch, 'log'> & { readonly at: string },
): Promise<readonly Epoch[]> {
  const data: Epoch = { log: randomUUID(), reason, ...(after !== undefined && { after }), ...(mode && { mode }) };
  const type = reason === 'opened' ? 'LogOpened' : 'EpochBegun';
  const metadata = { schemaVersion: 1, occurredAt: at, recordedAt: at };
  try {
    await store.append(LOG_STREAM, known.length + NO_STREAM, [{ id: randomUUID(), type, data, metadata }]);
  } catch (error) {
    if (!(error instanceof WrongRevision)) throw error;
  }
  return readEpochs(store);
}
