import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import fs from 'node:fs';
import { join, resolve } from 'node:path';
import { Logger } from '@nestjs/common';
import { removeTemporaryDirectories, temporaryDirectory } from '../../support/directory';
import { DirectoryInUse, DirectoryUnusable, lockDirectory } from './lock';

const WORKSPACE = resolve(__dirname, '../../../../..');
const HOLDER = `require('./libs/adapters/embedded/src/sqlite/lock').lockDirectory(process.argv[1]).then(
  () => { console.log('held'); setInterval(() => undefined, 1000); },
  (error) => { console.log(error.name); process.exit(1); })`;

const children: ChildProcess[] = [];
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  removeTemporaryDirectories();
});

const lockIn = (directory: string) => join(directory, 'tallystick.lock');

/** Starts a process that locks the directory. `said` is "held", or the name of the error. */
async function holder(directory: string, wrapper: readonly string[] = []) {
  const [command, ...args] = [...wrapper, process.execPath, '-r', '@swc-node/register', '-e', HOLDER, directory];
  const child = spawn(command!, args, { cwd: WORKSPACE, stdio: ['ignore', 'pipe', 'ignore'] });
  children.push(child);
  const [line] = (await once(child.stdout!, 'data')) as [Buffer];
  return { child, said: line.toString().trim() };
}

describe('The lock of a data directory', () => {
  it('is released by the last of its holders in this process', async () => {
    const directory = temporaryDirectory();
    const [first, second] = await Promise.all([lockDirectory(directory), lockDirectory(directory)]);
    await first();
    await first();
    expect(existsSync(lockIn(directory))).toBe(true);
    await second();
    expect(readdirSync(directory)).toEqual([]);
  });

  it.each([
    ['a process that has ended', JSON.stringify({ pid: 2 ** 22 + 1, started: '' })],
    ['an earlier process with the same pid', JSON.stringify({ pid: process.pid, started: 'another boot 1' })],
    ['a process whose socket no longer exists', JSON.stringify({ pid: process.pid, started: '', socket: 'none.sock' })],
    ['a process that was killed while writing', '{"pi'],
  ])('is taken over from %s', async (_, left) => {
    const directory = temporaryDirectory();
    writeFileSync(lockIn(directory), left);
    const release = await lockDirectory(directory);
    expect(JSON.parse(readFileSync(lockIn(directory), 'utf8'))).toMatchObject({ pid: process.pid });
    await release();
    expect(readdirSync(directory)).toEqual([]);
  });

  it.each(['', '{"pi', '\u0000'.repeat(40)])('that is damaged (%j) is replaced with a warning', async (left) => {
    const said = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    const directory = temporaryDirectory();
    writeFileSync(lockIn(directory), left);
    await (
      await lockDirectory(directory)
    )();
    expect(said.mock.calls).toEqual([[expect.stringMatching(/tallystick\.lock is damaged and names no process/)]]);
    said.mockRestore();
  });

  it('that is damaged while its owner lives still excludes other processes', async () => {
    const directory = temporaryDirectory();
    const { child } = await holder(directory);
    writeFileSync(lockIn(directory), '');
    await expect(lockDirectory(directory)).rejects.toThrow(DirectoryInUse);
    child.kill('SIGKILL');
  }, 30_000);

  it('each new directory survives power loss: its parent is synced', async () => {
    const parent = temporaryDirectory();
    const made: string[] = [];
    const paths = new Map<number, string>();
    const open = fs.openSync;
    jest.spyOn(fs, 'openSync').mockImplementation((path, ...more) => {
      const handle = open(path, ...more);
      paths.set(handle, String(path));
      return handle;
    });
    const sync = fs.fsyncSync;
    jest.spyOn(fs, 'fsyncSync').mockImplementation((handle) => {
      made.push(paths.get(handle)!);
      sync(handle);
    });
    const release = await lockDirectory(join(parent, 'a', 'b'));
    jest.restoreAllMocks();
    await release();
    expect(made).toEqual(expect.arrayContaining([parent, join(parent, 'a')]));
  });

  it('is refused while a process of an older version holds it', async () => {
    const directory = temporaryDirectory();
    writeFileSync(lockIn(directory), JSON.stringify({ pid: process.ppid, started: '' }));
    await expect(lockDirectory(directory)).rejects.toThrow(DirectoryInUse);
    expect(readdirSync(directory)).toEqual(['tallystick.lock']);
  });

  it('is refused while its holder lives, suspended or not, and taken over after it was killed', async () => {
    const directory = temporaryDirectory();
    const { child, said } = await holder(directory);
    expect(said).toBe('held');
    await expect(lockDirectory(directory)).rejects.toThrow(`is in use by process ${child.pid}.`);
    child.kill('SIGSTOP');
    await expect(lockDirectory(directory)).rejects.toThrow(DirectoryInUse);
    child.kill('SIGKILL');
    await once(child, 'exit');
    await (
      await lockDirectory(directory)
    )();
    expect(readdirSync(directory)).toEqual([]);
  }, 30_000);

  it('is refused to a process in another PID namespace, as containers are', async () => {
    const unshare = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc'];
    if (spawnSync(unshare[0]!, [...unshare.slice(1), 'true']).status !== 0)
      return console.warn('skipped: this machine does not let the test make a PID namespace');
    const directory = temporaryDirectory();
    expect((await holder(directory, unshare)).said).toBe('held');
    expect((await holder(directory, unshare)).said).toBe('DirectoryInUse');
    await expect(lockDirectory(directory)).rejects.toThrow(DirectoryInUse);
  }, 30_000);

  it('works in a directory whose path is too long for a socket', async () => {
    const directory = join(temporaryDirectory(), 'a'.repeat(120), 'b'.repeat(120));
    const release = await lockDirectory(directory);
    expect((await holder(directory)).said).toBe('DirectoryInUse');
    await release();
    expect(readdirSync(directory)).toEqual([]);
  }, 30_000);

  it('is taken over by exactly one of many processes that start at the same time', async () => {
    const directory = temporaryDirectory();
    const { child } = await holder(directory);
    child.kill('SIGKILL');
    await once(child, 'exit');
    const said = (await Promise.all(Array.from({ length: 6 }, () => holder(directory)))).map((it) => it.said);
    expect(said.sort()).toEqual([...Array.from({ length: 5 }, () => 'DirectoryInUse'), 'held']);
  }, 60_000);

  it('is refused with a clear error if its path is a folder', async () => {
    const directory = temporaryDirectory();
    mkdirSync(lockIn(directory));
    const refused = expect(lockDirectory(directory)).rejects;
    await refused.toThrow(DirectoryUnusable);
    await expect(lockDirectory(directory)).rejects.toThrow('tallystick.lock is a folder, so it is unknown whether');
  });

  it('is refused with a clear error if the directory cannot be created', async () => {
    const file = join(temporaryDirectory(), 'file');
    writeFileSync(file, '');
    await expect(lockDirectory(join(file, 'data'))).rejects.toThrow(
      'cannot be written (ENOTDIR). Give this process write permission, or choose another one with --data.',
    );
  });
});
