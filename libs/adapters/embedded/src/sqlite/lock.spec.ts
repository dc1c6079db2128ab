import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { removeTemporaryDirectories, temporaryDirectory } from '../testing/directory';
import { DirectoryInUse, lockDirectory } from './lock';

afterAll(removeTemporaryDirectories);

const lockIn = (directory: string) => join(directory, 'tallystick.lock');

describe('The lock of a data directory', () => {
  it('is given back with the last of its holders in this process', () => {
    const directory = temporaryDirectory();
    const [first, second] = [lockDirectory(directory), lockDirectory(directory)];
    first();
    first();
    expect(existsSync(lockIn(directory))).toBe(true);
    second();
    expect(readdirSync(directory)).toEqual([]);
  });

  it.each([
    ['a process that is gone', JSON.stringify({ pid: 2 ** 22 + 1, started: '' })],
    ['an earlier process with the same pid', JSON.stringify({ pid: process.pid, started: 'another boot 1' })],
    ['a process that was cut while writing', '{"pi'],
  ])('is taken over from %s', (_, left) => {
    const directory = temporaryDirectory();
    writeFileSync(lockIn(directory), left);
    const release = lockDirectory(directory);
    expect(JSON.parse(readFileSync(lockIn(directory), 'utf8'))).toMatchObject({ pid: process.pid });
    release();
    expect(readdirSync(directory)).toEqual([]);
  });

  it('is refused where the holder is alive', () => {
    const directory = temporaryDirectory();
    writeFileSync(lockIn(directory), JSON.stringify({ pid: process.ppid, started: '' }));
    expect(() => lockDirectory(directory)).toThrow(DirectoryInUse);
    expect(readdirSync(directory)).toEqual(['tallystick.lock']);
  });
});
