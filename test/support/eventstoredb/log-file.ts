import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import type { Recorded } from './event-log';

/** One line an append, so that a process killed half-way leaves an append whole or not there. */
export class LogFile {
  constructor(private readonly path: string) {}

  load(): Recorded[][] {
    if (!existsSync(this.path)) return [];
    const lines = readFileSync(this.path, 'utf8').split('\n');
    // What stands behind the last line break was being written when the process ended.
    return lines.slice(0, -1).map((line) => (JSON.parse(line) as Stored[]).map(fromStored));
  }

  append(events: readonly Recorded[]): void {
    appendFileSync(this.path, `${JSON.stringify(events.map(toStored))}\n`);
  }
}

type Stored = Omit<Recorded, 'data' | 'metadata'> & { readonly data: string; readonly metadata: string };

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
const toStored = (event: Recorded): Stored => ({
  ...event,
  data: base64(event.data),
  metadata: base64(event.metadata),
});
const fromStored = (stored: Stored): Recorded => ({
  ...stored,
  data: Buffer.from(stored.data, 'base64'),
  metadata: Buffer.from(stored.metadata, 'base64'),
});
