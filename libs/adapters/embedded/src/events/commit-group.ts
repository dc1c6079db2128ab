import type { RecordedEvent } from '@tallystick/eventing';
import type { SqliteStatement } from '../sqlite/sqlite-database';
import type { EventRun, Tail } from './tails';

export interface QueuedAppend {
  readonly tail: Tail;
  readonly events: readonly RecordedEvent[];
  readonly run: EventRun;
  readonly resolve: (revision: number) => void;
  readonly reject: (error: Error) => void;
}

interface Chunk {
  readonly position: number;
  readonly buffer: Buffer;
  count: number;
  used: number;
}

const COMMA = 44;
const INSERT = 'INSERT INTO log (position, count, records) VALUES (?, ?, ?)';

/** Appends of one commit. They are written into the rows of the log as they arrive: each row is one JSON array. */
export class CommitGroup {
  readonly appends: QueuedAppend[] = [];
  bytes = 0;
  private readonly chunks: Chunk[] = [];

  constructor(private readonly chunkBytes: number) {}

  /** Returns where the events are stored. Throws, without a change, if they cannot be written as JSON. */
  write(events: readonly RecordedEvent[]): EventRun {
    const { revision, position } = events[0]!;
    const text = JSON.stringify(events);
    const chunk = this.chunkFor(text, position);
    // The opening bracket replaces the closing one of the array so far, and becomes the comma between the two.
    const start = Math.max(chunk.used - 1, 0);
    const length = chunk.buffer.write(text, start);
    if (chunk.used > 0) chunk.buffer[start] = COMMA;
    chunk.used = start + length;
    chunk.count += events.length;
    this.bytes += length;
    return {
      revision,
      count: events.length,
      position,
      row: chunk.position,
      offset: start + 1,
      length: length - 2,
    };
  }

  statements(): SqliteStatement[] {
    return this.chunks.map(({ position, count, buffer, used }) => ({
      sql: INSERT,
      params: [position, count, buffer.subarray(0, used)],
    }));
  }

  buffers(): ArrayBuffer[] {
    return this.chunks.map(({ buffer }) => buffer.buffer as ArrayBuffer);
  }

  private chunkFor(text: string, position: number): Chunk {
    const last = this.chunks[this.chunks.length - 1];
    const free = last ? last.buffer.length - last.used : 0;
    if (last && (text.length * 3 <= free || Buffer.byteLength(text) <= free)) return last;
    const size =
      text.length * 3 <= this.chunkBytes ? this.chunkBytes : Math.max(this.chunkBytes, Buffer.byteLength(text));
    const chunk = { position, buffer: Buffer.allocUnsafeSlow(size), count: 0, used: 0 };
    this.chunks.push(chunk);
    return chunk;
  }
}
