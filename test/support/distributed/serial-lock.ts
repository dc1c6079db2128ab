import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const LOCK = join(tmpdir(), `tallystick-alone-${process.getuid?.() ?? ''}`);
const OWNER = join(LOCK, 'pid');

/**
 * Runs specs that start many processes one at a time, because on two cores they would exceed their time-outs.
 * Resolves with a function that releases the lock.
 */
export async function acquireSerialLock(): Promise<() => void> {
  while (!taken()) await pause(250);
  const release = () => rmSync(LOCK, { recursive: true, force: true });
  process.once('exit', release);
  return () => {
    process.off('exit', release);
    release();
  };
}

function taken(): boolean {
  try {
    mkdirSync(LOCK);
    writeFileSync(OWNER, String(process.pid));
    return true;
  } catch {
    if (isOwnerGone()) rmSync(LOCK, { recursive: true, force: true });
    return false;
  }
}

function isOwnerGone(): boolean {
  try {
    process.kill(Number(readFileSync(OWNER, 'utf8')), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}
