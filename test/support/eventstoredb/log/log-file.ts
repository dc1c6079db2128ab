import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { type Filler, isFiller, type Recorded } from './records';

/**
 * One line a write, so that a process killed half-way leaves a write whole or not there. Deletions and metadata are events
 * like others: a tombstone is one with the revision 2^63, a soft deletion one in the stream's metadata.
 */
export class LogFile {
  constructor(private readonly path: string) {}

  load(): (Recorded | Filler)[][] {
    if (!existsSync(this.path)) return [];
    const lines = readFileSync(this.path, 'utf8').split('\n');
    // What stands behind the last line break was being written when the process ended.
    return lines.slice(0, -1).map((line) => (JSON.parse(line) as (StoredLine | Filler)[]).map(fromStored));
  }

  append(records: readonly (Recorded | Filler)[]): void {
    appendFileSync(this.path, `${JSON.stringify(records.map(toStored))}\n`);
  }
}

type StoredLine = Omit<Recorded, 'data' | 'metadata'> & { readonly data: string; readonly metadata: string };

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
const toStored = (record: Recorded | Filler): StoredLine | Filler =>
  isFiller(record) ? record : { ...record, data: base64(record.data), metadata: base64(record.metadata) };
const fromStored = (stored: StoredLine | Filler): Recorded | Filler =>
  'stream' in stored
    ? {
        ...stored,
        data: Buffer.from(stored.data, 'base64'),
        metadata: Buffer.from(stored.metadata, 'base64'),
      }
    : stored;
