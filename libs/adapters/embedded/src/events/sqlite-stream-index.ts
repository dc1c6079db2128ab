import { NO_STREAM, type RecordedEvent } from '@tallystick/eventing';
import { type SqliteDatabase, json } from '../sqlite/sqlite-database';
import { eventsIn } from './stored-json';
import type { EventRun, Tail } from './tails';

/** Stored form of a run. */
export type IndexedRun = readonly [revision: number, count: number, row: number, offset: number, length: number];

const RUNS_PER_ROW = 64;
const ROWS_PER_SLICE = 500;

const INSERT = `INSERT OR REPLACE INTO runs (stream, first, last, runs)
  SELECT value->>0, value->>1, value->>2, value->3 FROM json_each(CAST(? AS TEXT))`;
const INDEXED_THROUGH = `INSERT OR REPLACE INTO meta (name, value) VALUES ('indexed_through', ?)`;

/**
 * Locations of each stream's events in the log. Written later than the log, in sorted slices; missing entries are
 * rebuilt from the log.
 */
export class SqliteStreamIndex {
  constructor(private readonly database: SqliteDatabase) {}

  async head(stream: string): Promise<number> {
    const [row] = await this.database.read('SELECT last FROM runs WHERE stream = ? ORDER BY first DESC LIMIT 1', [
      stream,
    ]);
    return row ? (row['last'] as number) : NO_STREAM;
  }

  async indexedThrough(): Promise<number> {
    const [row] = await this.database.read(`SELECT value FROM meta WHERE name = 'indexed_through'`);
    return row ? (row['value'] as number) : -1;
  }

  /** Stored events of a stream. `unindexed`: runs that are not in the index yet. */
  async read(stream: string, from: number, limit: number, unindexed: readonly EventRun[]): Promise<RecordedEvent[]> {
    const rows = await this.database.read(
      `SELECT runs FROM runs WHERE stream = ?
         AND first >= coalesce((SELECT max(first) FROM runs WHERE stream = ? AND first <= ?), 0) AND first < ? ORDER BY first`,
      [stream, stream, from, from + limit],
    );
    const indexed = rows.flatMap(({ runs }) => JSON.parse(runs as string) as IndexedRun[]);
    const wanted: IndexedRun[] = [];
    let next = from;
    // Memory and index overlap while the index is being written: each revision is used once.
    for (const run of [...indexed, ...unindexed.map(packed)]) {
      const [revision, count] = run;
      if (revision + count <= next || revision > next || next >= from + limit) continue;
      wanted.push(run);
      next = revision + count;
    }
    const events = await this.fetch(wanted);
    return events.filter(({ revision }) => revision >= from && revision < from + limit).filter(eachRevisionOnce());
  }

  private async fetch(runs: readonly IndexedRun[]): Promise<RecordedEvent[]> {
    if (runs.length === 0) return [];
    const pieces = JSON.stringify(runs.map(([, , row, offset, length]) => [row, offset + 1, length]));
    const [found] = await this.database.read(
      `SELECT group_concat(CAST(substr(log.records, piece.value->>1, piece.value->>2) AS TEXT), ',' ORDER BY piece.key) AS events
         FROM json_each(?) AS piece JOIN log ON log.position = piece.value->>0`,
      [pieces],
    );
    return eventsIn(`[${found?.['events'] as string}]`, `in row ${runs[0]![2]} or after it`);
  }

  /** Writes the sealed runs of the tails in slices, so that appends are not blocked. The last slice sets `through`. */
  async write(tails: readonly Tail[], through: number): Promise<void> {
    const rows = tails
      .map((tail) => [tail.stream, tail.runs.slice(tail.indexed, tail.sealed).map(packed)] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([stream, runs]) => slices(runs, RUNS_PER_ROW).map((some) => [stream, some[0]![0], lastOf(some), some]));
    for (const slice of slices(rows, ROWS_PER_SLICE))
      await this.database.transaction([{ sql: INSERT, params: [json(slice)] }]);
    await this.database.transaction([{ sql: INDEXED_THROUGH, params: [through] }]);
  }
}

const packed = ({ revision, count, row, offset, length }: EventRun): IndexedRun => [
  revision,
  count,
  row,
  offset,
  length,
];

function lastOf(runs: readonly IndexedRun[]): number {
  const [revision, count] = runs[runs.length - 1]!;
  return revision + count - 1;
}

function slices<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, slice) =>
    items.slice(slice * size, (slice + 1) * size),
  );
}

function eachRevisionOnce(): (event: RecordedEvent) => boolean {
  let last = -1;
  return ({ revision }) => {
    if (revision <= last) return false;
    last = revision;
    return true;
  };
}
