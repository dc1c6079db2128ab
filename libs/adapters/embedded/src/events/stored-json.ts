import type { RecordedEvent } from '@tallystick/eventing';
import { DirectoryUnusable } from '../sqlite/lock';

/** What the log holds as text, read. Throws one sentence where that is no longer what was written. */
export function eventsIn<T = RecordedEvent[]>(text: string, where: string): T {
  try {
    return JSON.parse(text) as T;
  } catch (error) {
    throw damagedLog(where, error);
  }
}

export const damagedLog = (where: string, cause?: unknown): Error =>
  new DirectoryUnusable(
    `The log is damaged ${where}. Restore all files of the data directory from one backup, then run tally verify.`,
    { cause },
  );
