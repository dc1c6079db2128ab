import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const LOCK = join(tmpdir(), `tallystick-alone-${process.getuid?.() ?? ''}`);
const OWNER = join(LOCK, 'pid');

/**
 * Specs that start half a dozen processes each run one after the other: on two cores they would only wait for each other, and
 * a test that waits for the thing would give up on it. Resolves with what lets the next one begin.
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
