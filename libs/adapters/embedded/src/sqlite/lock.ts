import { linkSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { Logger } from '@nestjs/common';
import { syncDirectory } from './disk';
import { isAnswering, openLockSocket, type LockSocket } from './lock-socket';
import { StartupError } from '@tallystick/runtime';

/** The data directory cannot be used as it is; the message is one sentence for the operator who starts the service. */
export class DirectoryUnusable extends StartupError {
  override readonly name: string = 'DirectoryUnusable';
}

/** The data directory belongs to another process. */
export class DirectoryInUse extends DirectoryUnusable {
  override readonly name = 'DirectoryInUse';
}

interface Owner {
  readonly pid: number;
  /** Tells a process from a later one with the same pid, where the system says it. */
  readonly started: string;
  /** The socket that answers as long as the owner lives. Missing in locks of older versions, and where there are no sockets. */
  readonly socket?: string;
}

interface Held {
  times: number;
  readonly socket: Promise<LockSocket | undefined>;
}

const LOG = new Logger('Lock');
const held = new Map<string, Held>();

/** Takes the directory for this process, which may take it several times; returns what gives it back. Throws DirectoryUnusable. */
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
    // The directory may have been exchanged, and the lock in it be another process's.
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
    // A link appears whole or not at all, and only one process can make it.
    while (!usable(path, () => link(mine, file))) await removeStale(path, file, socket?.name);
    return socket;
  } catch (error) {
    socket?.close();
    throw error;
  } finally {
    rmSync(mine, { force: true });
  }
}

/** Each folder that is made survives power loss only once the one that it lies in has been synced. */
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
      `The data directory ${path} cannot be written (${code}). ${isFull(code) ? 'Make room' : 'Give this process the right to'}, or name another one with --data.`,
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
    return; // Another process was quicker.
  }
  // Between reading and renaming, another process may have taken the lock: then it gets it back.
  if (read(aside) !== text) link(aside, file);
  else if (owner?.socket !== undefined) rmSync(join(path, basename(owner.socket)), { force: true });
  rmSync(aside, { force: true });
}

/** A lock that power loss has emptied may be replaced; one that was damaged under a running process may not. */
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

/** Undefined where it has just been removed. What cannot be read cannot be judged, nor may it be removed. */
function readLock(path: string, file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    const why = code === 'EISDIR' ? 'is a folder' : `cannot be read (${code})`;
    throw new DirectoryUnusable(
      `${file} ${why}, so whether ${path} is in use is unknown. Make sure that no process uses it, then remove it.`,
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

/** By its socket, which answers across containers; a process id says something only within one. */
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

/** Boot and start time from /proc; empty on systems without it. A process that only waits for its parent to notice has ended. */
function startOf(pid: number): string {
  const stat = read(`/proc/${pid}/stat`);
  const boot = read('/proc/sys/kernel/random/boot_id');
  if (!stat || !boot) return '';
  const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return state === 'Z' || state === 'X' ? ENDED : `${boot.trim()} ${fields[18]}`;
}
