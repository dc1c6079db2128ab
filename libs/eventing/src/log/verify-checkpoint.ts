import type { Checkpoint } from './checkpoint';
import { type EventStore, LOG_START } from '../ports/event-store';
import type { Epoch } from './log-identity';

/**
 * The result of comparing a checkpoint with the log.
 * - right: the log has that event at that position. `unnamed` too, for one that an older version has stored.
 * - earlier epoch: the log was cut off since, and that was accepted.
 * - truncated: the log has no event at that position, or another one.
 * - another log: no epoch of this log has that name.
 */
export type CheckpointStatus =
  | { readonly is: 'right' | 'earlier epoch' | 'truncated' | 'another log' }
  | { readonly is: 'unnamed'; readonly id: string };

/** `known`: epochs of a log that are stored beside the checkpoint, so that a log that has lost its newest epochs is known by the others. */
export async function verifyCheckpoint(
  store: EventStore,
  epochs: readonly Epoch[],
  { position, log, id }: Checkpoint,
  known: readonly string[] = [],
): Promise<CheckpointStatus> {
  if (position === LOG_START) return { is: 'right' };
  const names = epochs.map((epoch) => epoch.log);
  if (log !== undefined && log !== names[names.length - 1]) {
    if (names.includes(log)) return { is: 'earlier epoch' };
    const wasOurs = known.includes(log) && known.some((name) => names.includes(name));
    return { is: names.length === 0 || wasOurs ? 'truncated' : 'another log' };
  }
  const found = await store.at(position);
  if (found === undefined || (id !== undefined && found.id !== id)) return { is: 'truncated' };
  return log === undefined ? { is: 'unnamed', id: found.id } : { is: 'right' };
}
