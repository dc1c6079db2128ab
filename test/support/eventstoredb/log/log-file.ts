import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { type Filler, isFiller, type Recorded } from './records';

/**
 * One line per write, so that a killed process leaves only complete writes. Deletions and metadata are events: a tombstone
 * has the revision 2^63, a soft deletion is an event in the metadata of the stream.
 */
export class LogFile {
  constructor(private readonly path: string) {}

  load(): (Recorded | Filler)[][] {
    if (!existsSync(this.path)) return [];
    const lines = readFileSync(this.path, 'utf8').split('\n');
    // Text after the last line break is an incomplete write.
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
