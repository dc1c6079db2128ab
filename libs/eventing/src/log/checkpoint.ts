import { LOG_START, type RecordedEvent } from '../ports/event-store';

/**
 * The last event that a reader of a log has processed. `log` is the epoch of the log, so that a truncated, restored or exchanged
 * log is detected. A checkpoint of an older version has neither `log` nor `id`.
 */
export interface Checkpoint {
  readonly position: number;
  readonly log?: string;
  readonly id?: string;
}

export const NOTHING_READ: Checkpoint = { position: LOG_START };

export const checkpointAt = (log: string | undefined, { position, id }: RecordedEvent): Checkpoint => ({
  position,
  ...(log !== undefined && { log }),
  id,
});

/**
 * The form in which `log` and `id` are stored beside the position. An older replica updates the position alone; the details then
 * belong to another event and are ignored.
 */
export const detailsOf = ({ log, id, position }: Checkpoint): string | null =>
  log === undefined || id === undefined ? null : JSON.stringify({ position, log, id });

export function storedCheckpoint(position: number, details: string | null | undefined): Checkpoint {
  if (details === null || details === undefined) return { position };
  const { position: of, log, id } = JSON.parse(details) as Checkpoint;
  return of === position ? { position, log, id } : { position };
}
