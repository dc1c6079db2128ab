import type { SqliteDatabase } from '../sqlite/sqlite-database';
import { damagedLog, eventsIn } from './stored-json';
import type { SqliteStreamIndex } from './sqlite-stream-index';
import { addRun, newTail, type EventRun, type Tail, type Tails } from './tails';

const ROWS_A_READ = 64;

/**
 * Updates the stream index from the log, rarely and in bulk: an index entry per append would cost more than the append.
 */
export class IndexKeeper {
  private unindexed = new Set<Tail>();
  private missing = { runs: 0, bytes: 0 };
  private flushing: Promise<void> | undefined;

  constructor(
    private readonly index: SqliteStreamIndex,
    private readonly tails: Tails,
    private readonly limit: { readonly runs: number; readonly bytes: number },
  ) {}

  add(tail: Tail, run: EventRun): void {
    const before = tail.runs.length;
    addRun(tail, run);
    this.missing.runs += tail.runs.length - before;
    this.missing.bytes += run.length;
    this.unindexed.add(tail);
  }

  flushWhenDue(through: number, firstRecent: number): void {
    if (this.missing.runs >= this.limit.runs || this.missing.bytes >= this.limit.bytes)
      void this.flush(through, firstRecent);
  }

  /** Does not fail: entries that cannot be written stay in memory and in the log, and are written the next time. */
  flush(through: number, firstRecent: number): Promise<void> {
    this.flushing ??= this.write(through, firstRecent).finally(() => (this.flushing = undefined));
    return this.flushing;
  }

  private async write(through: number, firstRecent: number): Promise<void> {
    const tails = [...this.unindexed];
    if (tails.length === 0) return;
    this.unindexed = new Set();
    this.missing = { runs: 0, bytes: 0 };
    for (const tail of tails) tail.sealed = tail.runs.length;
    try {
      await this.index.write(tails, through);
    } catch {
      for (const tail of tails) this.unindexed.add(tail);
      return;
    }
    for (const tail of tails) tail.indexed = tail.sealed;
    this.tails.trim(firstRecent);
  }

  /**
   * Indexes the end of the log after a crash. Writes entries of an interrupted flush again, with the same boundaries.
   */
  async recover(database: SqliteDatabase): Promise<void> {
    let through = await this.index.indexedThrough();
    for (;;) {
      const rows = await database.read(
        `SELECT position, count, CAST(records AS TEXT) AS records FROM log WHERE position > ? ORDER BY position LIMIT ${ROWS_A_READ}`,
        [through],
      );
      for (const row of rows) this.recoverRow(row['position'] as number, row['records'] as string);
      const last = rows[rows.length - 1];
      if (!last) break;
      through = (last['position'] as number) + (last['count'] as number) - 1;
    }
    if (this.unindexed.size === 0) return;
    await this.flush(through, through + 1);
  }

  /** Events are stored as JSON.stringify wrote them, so their length is that of a new JSON text. */
  private recoverRow(row: number, records: string): void {
    let offset = 1;
    for (const event of eventsIn(records, `at position ${row}`)) {
      const length = Buffer.byteLength(JSON.stringify(event));
      let tail = this.tails.get(event.stream);
      if (!tail) this.tails.set((tail = newTail(event.stream, event.revision)));
      tail.revision = tail.stored = event.revision;
      this.add(tail, { revision: event.revision, count: 1, position: event.position, row, offset, length });
      offset += length + 1;
    }
    if (offset !== Buffer.byteLength(records)) throw damagedLog(`at position ${row}`);
  }
}
