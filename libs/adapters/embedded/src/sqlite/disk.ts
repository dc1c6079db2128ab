import { closeSync, existsSync, fsyncSync, openSync, rmSync, statSync, truncateSync, writeSync } from 'node:fs';

/** Space that a few appends need. */
const PROBE_BYTES = 1024 * 1024;

/** A new or renamed file survives power loss only after its directory has been synced. */
export const syncDirectory = (directory: string): void => syncFile(directory);

/** Makes data that any process has written to the file survive power loss. */
export function syncFile(file: string): void {
  const handle = openSync(file, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** Size in bytes; 0 if the file does not exist. */
export const sizeOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0;

/** Truncates the file to `bytes`, durably. */
export function cutTo(file: string, bytes: number): void {
  if (!existsSync(file)) return;
  if (sizeOf(file) > bytes) truncateSync(file, bytes);
  syncFile(file);
}

/** Throws the system's error if a file in the same directory cannot be written. */
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
