import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { once } from 'node:events';
import { finished } from 'node:stream/promises';
import type { CliHost } from '../host';

/** Target of a long result, line by line. `write` waits for a slow reader, so that memory use is bounded. */
export interface Sink {
  write(line: string): Promise<void>;
  /** Completes the result. */
  done(): Promise<void>;
  /** Discards an incomplete file. */
  abandon(): Promise<void>;
}

export const outputSink = (host: CliHost): Sink => ({
  write: async (line) => {
    host.out(line);
    await host.drained?.();
  },
  done: () => Promise.resolve(),
  abandon: () => Promise.resolve(),
});

/** Creates the file when it is complete. Only its owner may read it, because it contains usage data. */
export function fileSink(path: string): Sink {
  const aside = `${path}.${process.pid}`;
  const file = createWriteStream(aside, { mode: 0o600 });
  // An error between two writes is reported by the next one.
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
      // A file that is still being opened would be created after its removal.
      if (!file.closed) await once(file, 'close');
      await rm(aside, { force: true });
    },
  };
}
