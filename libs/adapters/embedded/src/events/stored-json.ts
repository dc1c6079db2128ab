import type { RecordedEvent } from '@tallystick/eventing';
import { DirectoryUnusable } from '../sqlite/lock';

/** Parses JSON text of the log. Throws an error for the operator if the text is damaged. */
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
