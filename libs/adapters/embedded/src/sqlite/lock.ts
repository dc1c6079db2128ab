import { linkSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { Logger } from '@nestjs/common';
import { StartupError } from '@tallystick/runtime';
import { syncDirectory } from './disk';
import { isAnswering, openLockSocket, type LockSocket } from './lock-socket';

/** The data directory cannot be used as it is. The message is a sentence for the operator. */
export class DirectoryUnusable extends StartupError {
  override readonly name: string = 'DirectoryUnusable';
}

/** Another process uses the data directory. */
export class DirectoryInUse extends DirectoryUnusable {
  override readonly name = 'DirectoryInUse';
}

interface Owner {
  readonly pid: number;
  /** Start time, to distinguish a later process with the same pid. Empty if the system does not provide it. */
  readonly started: string;
  /**
   * Socket that accepts connections as long as the owner lives. Missing in locks of older versions and without socket
   * support.
   */
  readonly socket?: string;
}

interface HeldLock {
  times: number;
  readonly socket: Promise<LockSocket | undefined>;
}

const LOG = new Logger('Lock');
const held = new Map<string, HeldLock>();

/**
 * Locks the directory for this process, which may lock it several times. Returns the function that unlocks it. Throws
 * DirectoryUnusable.
 */
export async function lockDirectory(directory: string): Promise<() => Promise<void>> {
  const path = resolve(directory);
  const file = join(path, 'tallystick.lock');
  const lock = held.get(path) ?? { times: 0, socket: take(path, file) };
  held.set(path, lock);
  lock.times += 1;
  const leave = (): boolean => {
    lock.times -= 1;
    if (lock.times > 0) return false;
    held.delete(path);
    return true;
  };
  try {
    await lock.socket;
  } catch (error) {
    leave();
    throw error;
  }
  let released = false;
  return async () => {
    if (released) return;
    released = true;
    if (!leave()) return;
    const socket = await lock.socket;
    // The directory may have been replaced and contain the lock of another process.
    const owner = parse(read(file) ?? '');
    if (owner?.pid === process.pid && owner.socket === socket?.name) rmSync(file, { force: true });
    socket?.close();
  };
}

async function take(path: string, file: string): Promise<LockSocket | undefined> {
  usable(path, () => makeDirectory(path));
  const socket = await openLockSocket(path);
  const mine = `${file}.${process.pid}.${Math.random().toString(36).slice(2)}`;
  const owner: Owner = { pid: process.pid, started: startOf(process.pid), socket: socket?.name };
  try {
    usable(path, () => writeFileSync(mine, JSON.stringify(owner)));
    // Creating a link is atomic: only one process succeeds.
    while (!usable(path, () => link(mine, file))) await removeStale(path, file, socket?.name);
    return socket;
  } catch (error) {
    socket?.close();
    throw error;
  } finally {
    rmSync(mine, { force: true });
  }
}

/** A new directory survives power loss only after its parent has been synced. */
function makeDirectory(path: string): void {
  const first = mkdirSync(path, { recursive: true });
  for (let made = path; first !== undefined; made = dirname(made)) {
    syncDirectory(dirname(made));
    if (made === first) return;
  }
}

function usable<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new DirectoryUnusable(
      `The data directory ${path} cannot be written (${code}). ${isFull(code) ? 'Free some space' : 'Give this process write permission'}, or choose another one with --data.`,
      { cause: error },
    );
  }
}

const isFull = (code?: string): boolean => code === 'ENOSPC' || code === 'EDQUOT';

function link(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function removeStale(path: string, file: string, mine?: string): Promise<void> {
  const text = readLock(path, file);
  if (text === undefined) return;
  const owner = parse(text);
  if (owner && (await isAlive(path, owner))) {
    throw new DirectoryInUse(
      `The data directory ${path} is in use by process ${owner.pid}. Stop that process, or start this one with another data directory.`,
    );
  }
  if (!owner) await assertNoSocketAnswers(path, file, mine);
  const aside = `${file}.stale.${process.pid}`;
  try {
    renameSync(file, aside);
  } catch {
    return; // Another process was faster.
  }
  // Another process may have locked the directory between the read and the rename: then its lock is restored.
  if (read(aside) !== text) link(aside, file);
  else if (owner?.socket !== undefined) rmSync(join(path, basename(owner.socket)), { force: true });
  rmSync(aside, { force: true });
}

/** A lock file that a power loss has emptied may be replaced; one that was damaged while its owner runs may not. */
async function assertNoSocketAnswers(path: string, file: string, mine?: string): Promise<void> {
  for (const name of readdirSync(path)) {
    if (!/^tallystick\.[0-9a-f]+\.sock$/.test(name) || name === mine) continue;
    if (await isAnswering(path, name))
      throw new DirectoryInUse(
        `The data directory ${path} is in use by a process that ${file} does not name, because that file is damaged. Stop that process, or start this one with another data directory.`,
      );
  }
  LOG.warn(`${file} is damaged and names no process. No process answers in ${path}, so it is replaced.`);
}

/** Undefined if the lock was removed in between. Throws if it cannot be read: then the owner is unknown. */
function readLock(path: string, file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    const why = code === 'EISDIR' ? 'is a folder' : `cannot be read (${code})`;
    throw new DirectoryUnusable(
      `${file} ${why}, so it is unknown whether ${path} is in use. Make sure that no process uses it, then remove the file.`,
      { cause: error },
    );
  }
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

/** Uses the socket, which works across containers; a process id is valid only within one. */
async function isAlive(path: string, { pid, started, socket }: Owner): Promise<boolean> {
  if (socket !== undefined) return isAnswering(path, basename(socket));
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  const now = startOf(pid);
  return now !== ENDED && (started === '' || now === '' || now === started);
}

const ENDED = 'ended';

/** Boot id and start time from /proc; empty on systems without it. Zombie processes have ended. */
function startOf(pid: number): string {
  const stat = read(`/proc/${pid}/stat`);
  const boot = read('/proc/sys/kernel/random/boot_id');
  if (!stat || !boot) return '';
  const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return state === 'Z' || state === 'X' ? ENDED : `${boot.trim()} ${fields[18]}`;
}
