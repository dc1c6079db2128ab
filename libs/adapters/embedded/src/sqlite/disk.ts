import { closeSync, existsSync, fsyncSync, openSync, rmSync, statSync, truncateSync, writeSync } from 'node:fs';

/** As much room as a few appends need. */
const PROBE_BYTES = 1024 * 1024;

/** A new or renamed file survives power loss only once its directory has been synced too. */
export const syncDirectory = (directory: string): void => syncFile(directory);

/** What any process has written to the file survives power loss from now on. */
export function syncFile(file: string): void {
  const handle = openSync(file, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** Bytes; 0 where there is no such file. */
export const sizeOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0;

/** Cuts off what was written behind `bytes`, durably. */
export function cutTo(file: string, bytes: number): void {
  if (!existsSync(file)) return;
  if (sizeOf(file) > bytes) truncateSync(file, bytes);
  syncFile(file);
}

/** Throws, with the system's own code, where a file beside this one cannot be written. */
export function assertRoom(file: string): void {
  const probe = `${file}.probe`;
  try {
    const handle = openSync(probe, 'w', 0o600);
    try {
      for (let left = PROBE_BYTES; left > 0;) left -= writeSync(handle, Buffer.alloc(left));
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
  } finally {
    rmSync(probe, { force: true });
  }
}
