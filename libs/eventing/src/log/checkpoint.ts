import { LOG_START, type RecordedEvent } from '../ports/event-store';

/**
 * How far a reader of a log has come: the last event that it has taken. `log` names the epoch of the log, so that a log that was
 * cut off, restored or exchanged is noticed. Neither `log` nor `id` is known of one that an older version has stored.
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
 * What is stored beside the bare position. An older replica moves the position alone, and then what lies beside it tells of
 * another event: the checkpoint is the position alone again.
 */
export const detailsOf = ({ log, id, position }: Checkpoint): string | null =>
  log === undefined || id === undefined ? null : JSON.stringify({ position, log, id });

export function storedCheckpoint(position: number, details: string | null | undefined): Checkpoint {
  if (details === null || details === undefined) return { position };
  const { position: of, log, id } = JSON.parse(details) as Checkpoint;
  return of === position ? { position, log, id } : { position };
}
