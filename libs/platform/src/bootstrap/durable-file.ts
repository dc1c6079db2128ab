import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { syncDirectory } from '@tallystick/adapters/embedded';
import { StartupError } from '@tallystick/runtime';

/** Whole or not at all, readable by its owner only, and durable when it returns. Throws StartupError. */
export function writeDurably(file: string, text: string): void {
  const aside = `${file}.${process.pid}`;
  try {
    // A file that an earlier process of the same id left is not overwritten: its permissions may differ.
    rmSync(aside, { force: true });
    const handle = openSync(aside, 'wx', 0o600);
    try {
      writeSync(handle, text);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    renameSync(aside, file);
    syncDirectory(dirname(file));
  } catch (error) {
    rmSync(aside, { force: true });
    const { code } = error as NodeJS.ErrnoException;
    throw new StartupError(
      `${file} cannot be written (${code}). Make room and give this process the right to write it, then start again.`,
    );
  }
}
