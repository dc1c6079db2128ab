import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** The data directory belongs to another process. */
export class DirectoryInUse extends Error {
  override readonly name = 'DirectoryInUse';
}

interface Owner {
  readonly pid: number;
  /** Tells a process from a later one with the same pid, where the system says it. */
  readonly started: string;
}

const held = new Map<string, number>();

/** Takes the directory for this process, which may take it several times; returns what gives it back. */
export function lockDirectory(directory: string): () => void {
  const path = resolve(directory);
  mkdirSync(path, { recursive: true });
  const file = join(path, 'tallystick.lock');
  const times = held.get(path) ?? 0;
  if (times === 0) take(path, file);
  held.set(path, times + 1);
  let released = false;
  return () => {
    if (released) return;
    released = true;
    const left = held.get(path)! - 1;
    if (left > 0) return void held.set(path, left);
    held.delete(path);
    // The directory may have been exchanged, and the lock in it be another process's.
    if (parse(read(file) ?? '')?.pid === process.pid) rmSync(file, { force: true });
  };
}

function take(path: string, file: string): void {
  const mine = `${file}.${process.pid}`;
  writeFileSync(mine, JSON.stringify({ pid: process.pid, started: startOf(process.pid) } satisfies Owner));
  try {
    // A link appears whole or not at all, and only one process can make it.
    while (!link(mine, file)) removeStale(path, file);
  } finally {
    rmSync(mine, { force: true });
  }
}

function link(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function removeStale(path: string, file: string): void {
  const text = read(file);
  if (text === undefined) return;
  const owner = parse(text);
  if (owner && isAlive(owner)) {
    throw new DirectoryInUse(
      `The data directory ${path} is in use by process ${owner.pid}. Stop that process, or start this one with another data directory.`,
    );
  }
  const aside = `${file}.stale.${process.pid}`;
  try {
    renameSync(file, aside);
  } catch {
    return; // Another process was quicker.
  }
  // Between reading and renaming, another process may have taken the lock: then it gets it back.
  if (read(aside) !== text) link(aside, file);
  rmSync(aside, { force: true });
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function parse(text: string): Owner | undefined {
  try {
    return JSON.parse(text) as Owner;
  } catch {
    return undefined;
  }
}

function isAlive({ pid, started }: Owner): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  const now = startOf(pid);
  return now !== ENDED && (started === '' || now === '' || now === started);
}

const ENDED = 'ended';

/** Boot and start time from /proc; empty on systems without it. A process that only waits for its parent to notice has ended. */
function startOf(pid: number): string {
  const stat = read(`/proc/${pid}/stat`);
  const boot = read('/proc/sys/kernel/random/boot_id');
  if (!stat || !boot) return '';
  const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return state === 'Z' || state === 'X' ? ENDED : `${boot.trim()} ${fields[18]}`;
}
