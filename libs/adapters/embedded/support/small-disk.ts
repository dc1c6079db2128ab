import { spawnSync } from 'node:child_process';
import { closeSync, copyFileSync, mkdtempSync, openSync, rmdirSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Mounted file system of 8 MiB. */
export interface SmallDisk {
  readonly directory: string;
  file(name: string): string;
  /** Fills the disk to its last byte. */
  fill(): void;
  makeRoom(): void;
  copy(from: string, to: string): void;
}

const run = (command: string, ...args: string[]) => spawnSync(command, args, { encoding: 'utf8' });

/** Undefined if this user may not mount a file system. */
export function mountSmallDisk(): (SmallDisk & { unmount(): void }) | undefined {
  const directory = mkdtempSync(join(tmpdir(), 'tallystick-disk-'));
  if (run('mount', '-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', directory).status !== 0) {
    rmdirSync(directory);
    return undefined;
  }
  const filling = join(directory, 'filling');
  return {
    directory,
    file: (name) => join(directory, name),
    fill: () => fill(filling),
    makeRoom: () => rmSync(filling),
    copy: copyFileSync,
    unmount: () => {
      run('umount', '--lazy', directory);
      rmdirSync(directory);
    },
  };
}

function fill(file: string): void {
  const handle = openSync(file, 'w');
  try {
    for (let bytes = 65_536; bytes >= 1;)
      try {
        writeSync(handle, Buffer.alloc(bytes));
      } catch {
        bytes /= 2;
      }
  } finally {
    closeSync(handle);
  }
}

/** Runs a suite on such a disk, or reports it as skipped. */
export function withSmallDisk(name: string, suite: (disk: SmallDisk) => void): void {
  const disk = mountSmallDisk();
  if (!disk) return describe(name, () => test.skip('skipped: this user may not mount a file system', () => undefined));
  describe(name, () => {
    afterAll(() => disk.unmount());
    suite(disk);
  });
}
