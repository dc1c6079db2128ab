import { existsSync, renameSync } from 'node:fs';
import { dirname } from 'node:path';
import { systemClock } from '@tallystick/runtime';
import { syncDirectory } from './disk';
import { DirectoryUnusable } from './lock';

/** The database file is damaged. */
export class DatabaseDamaged extends DirectoryUnusable {
  override readonly name = 'DatabaseDamaged';
  constructor(
    file: string,
    readonly what: string,
    next: string,
  ) {
    super(damagedSentence(file, what, next));
  }
}

export const damagedSentence = (file: string, what: string, next: string): string =>
  `The database ${file} is damaged: ${what}. ${next}`;

/**
 * Renames the file and its write-ahead log. No process may have them open. Returns the new path. Throws
 * DirectoryUnusable.
 */
export function setAside(file: string): string {
  const aside = `${file}.damaged-${systemClock.timestamp().replace(/[-:.]/g, '')}`;
  try {
    for (const end of ['-wal', '']) if (existsSync(file + end)) renameSync(file + end, aside + end);
    syncDirectory(dirname(file));
    return aside;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new DirectoryUnusable(`${file} is damaged and cannot be renamed (${code}): move it away, then start again.`);
  }
}
