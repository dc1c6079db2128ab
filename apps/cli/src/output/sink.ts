import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { once } from 'node:events';
import { finished } from 'node:stream/promises';
import type { Host } from '../host';

/** Where a long result goes, line by line. A reader that is slow holds the writer up, so that nothing piles up in memory. */
export interface Sink {
  write(line: string): Promise<void>;
  /** All is written. */
  done(): Promise<void>;
  /** It ends before its end: what was written to a file goes. */
  abandon(): Promise<void>;
}

export const outputSink = (host: Host): Sink => ({
  write: async (line) => {
    host.out(line);
    await host.drained?.();
  },
  done: () => Promise.resolve(),
  abandon: () => Promise.resolve(),
});

/** The file appears when all of it is there. Readable by its owner only: it tells who used what. */
export function fileSink(path: string): Sink {
  const aside = `${path}.${process.pid}`;
  const file = createWriteStream(aside, { mode: 0o600 });
  // (an error before the next write is one of that write)
  const failed = once(file, 'error').then(([error]) => Promise.reject(error as Error));
  failed.catch(() => undefined);
  return {
    write: async (line) => {
      if (!file.write(`${line}\n`)) await Promise.race([once(file, 'drain'), failed]);
    },
    done: async () => {
      file.end();
      await finished(file);
      await rename(aside, path);
    },
    abandon: async () => {
      file.destroy();
      await rm(aside, { force: true });
    },
  };
}
