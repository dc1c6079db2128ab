import {
  EventStore,
  type Health,
  LOG_START,
  type LogPage,
  type NewEvent,
  type RecordedEvent,
  type Snapshot,
  StoreUnavailable,
  WrongRevision,
} from '@tallystick/eventing';
import { Signal } from '@tallystick/runtime';
import { SqliteDatabase, type DatabaseOptions } from '../sqlite/sqlite-database';
import { AppendQueue } from './append-queue';
import type { CommitGroup } from './commit-group';
import { IndexKeeper } from './index-keeper';
import { LogPages } from './log-pages';
import { RecentEvents } from './recent-events';
import { SqliteStreamIndex } from './sqlite-stream-index';
import { findRun, newTail, type EventRun, type Tail, Tails } from './tails';

const MEBIBYTE = 1024 * 1024;
const DEFAULTS = {
  /** Streams whose revision is cached. */
  liveStreams: 100_000,
  recent: { events: 100_000, bytes: 64 * MEBIBYTE },
  /** The stream index is written when this much is missing from it. As much is read again after a crash. */
  unindexed: { runs: 100_000, bytes: 64 * MEBIBYTE },
  /**
   * Approximate size of a row. A commit uses several rows, so that a read of a few events does not read all of them.
   */
  rowBytes: 32 * 1024,
  database: {} as DatabaseOptions,
};
export type SqliteEventStoreOptions = Partial<typeof DEFAULTS>;

const SCHEMA = [
  'CREATE TABLE IF NOT EXISTS log (position INTEGER PRIMARY KEY, count INTEGER NOT NULL, records BLOB NOT NULL)',
  'CREATE TABLE IF NOT EXISTS runs (stream TEXT, first INTEGER, last INTEGER NOT NULL, runs TEXT NOT NULL, PRIMARY KEY (stream, first)) WITHOUT ROWID',
  'CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID',
  'CREATE TABLE IF NOT EXISTS snapshots (stream TEXT PRIMARY KEY, revision INTEGER NOT NULL, schema_version INTEGER NOT NULL, state BLOB NOT NULL, hash TEXT NOT NULL, event_id TEXT, head TEXT)',
];
const SNAPSHOT_COLUMNS = 'revision, schema_version, state, hash, event_id, head';
/** Columns that databases of older versions do not have. */
const ADDED = ['event_id', 'head'].map((column) => `ALTER TABLE snapshots ADD COLUMN ${column} TEXT`);

/**
 * Event store in a SQLite file. It is the only writer of its log, so it checks revisions in memory. Waiting appends of
 * all streams are made durable by one commit; appends that arrive during it form the next one. The caller must not
 * change events after the append: readers of recent events get the same objects.
 */
export class SqliteEventStore extends EventStore {
  private readonly tails: Tails;
  private readonly index: SqliteStreamIndex;
  private readonly keeper: IndexKeeper;
  private readonly pages: LogPages;
  private readonly recent: RecentEvents;
  private readonly queue: AppendQueue;
  private closed = false;
  /** The last event before the position `upTo`, by prefix. */
  private readonly ends = new Map<string, { readonly event: RecordedEvent | undefined; readonly upTo: number }>();
  private readonly loading = new Map<string, Promise<void>>();
  private readonly growth = new Signal();

  private constructor(
    private readonly database: SqliteDatabase,
    options: typeof DEFAULTS,
    storedPosition: number,
  ) {
    super();
    this.queue = new AppendQueue(database, options.rowBytes, storedPosition, (group, position) =>
      this.stored(group, position),
    );
    this.recent = new RecentEvents(storedPosition + 1, options.recent);
    this.tails = new Tails(options.liveStreams);
    this.index = new SqliteStreamIndex(database);
    this.keeper = new IndexKeeper(this.index, this.tails, options.unindexed);
    this.pages = new LogPages(database);
  }

  static async open(file: string, options: SqliteEventStoreOptions = {}): Promise<SqliteEventStore> {
    const settings = { ...DEFAULTS, ...options };
    const database = await SqliteDatabase.open(file, settings.database);
    try {
      await database.transaction(SCHEMA.map((sql) => ({ sql })));
      const columns = await database.read("SELECT name FROM pragma_table_info('snapshots')");
      if (!columns.some(({ name }) => name === 'head')) await database.transaction(ADDED.map((sql) => ({ sql })));
      const [last] = await database.read(
        'SELECT position + count - 1 AS position FROM log ORDER BY log.position DESC LIMIT 1',
      );
      const store = new SqliteEventStore(database, settings, last ? (last['position'] as number) : LOG_START);
      await store.keeper.recover(database);
      return store;
    } catch (error) {
      await database.close();
      throw error;
    }
  }

  /** Version of SQLite, for logs. */
  get description(): string {
    return this.database.description;
  }

  override append(stream: string, expectedRevision: number, events: readonly NewEvent[]): Promise<number> {
    const tail = this.closed || events.length === 0 ? undefined : this.tails.get(stream);
    if (tail?.revision === expectedRevision) return this.queue.add(tail, events);
    return this.appendWhenKnown(stream, expectedRevision, events);
  }

  private async appendWhenKnown(stream: string, expected: number, events: readonly NewEvent[]): Promise<number> {
    for (;;) {
      if (this.closed) throw new StoreUnavailable('The event store is closed.');
      const tail = this.tails.get(stream);
      if (!tail) {
        await this.loadTail(stream);
      } else if (tail.revision === expected) {
        return events.length === 0 ? expected : this.queue.add(tail, events);
      } else if (expected < tail.stored || expected > tail.revision) {
        throw new WrongRevision(stream, expected, tail.stored);
      } else {
        // The revision may be wrong only because of appends that are not durable yet.
        await this.queue.settled();
      }
    }
  }

  private stored(group: CommitGroup, position: number): void {
    for (const { tail, run } of group.appends) this.keeper.add(tail, run);
    this.recent.push(
      group.appends.map(({ events }) => events),
      group.bytes,
    );
    this.growth.notify(position);
    this.keeper.flushWhenDue(position, this.recent.start);
  }

  /** Callers that wait for the same stream share one promise, so that they continue in the order of their calls. */
  private loadTail(stream: string): Promise<void> {
    const known = this.loading.get(stream);
    if (known) return known;
    const loading = this.reading(this.index.head(stream))
      .then((revision) => void (this.tails.get(stream) ?? this.tails.set(newTail(stream, revision))))
      .finally(() => this.loading.delete(stream));
    this.loading.set(stream, loading);
    return loading;
  }

  override async read(stream: string, from: number, limit: number): Promise<readonly RecordedEvent[]> {
    if (this.database.fault !== undefined) throw new StoreUnavailable(this.database.fault);
    let tail: Tail | undefined;
    while (!(tail = this.tails.get(stream))) await this.loadTail(stream);
    const start = Math.max(from, 0);
    const count = Math.min(limit, tail.stored - start + 1);
    if (count <= 0) return [];
    return this.readRecent(tail.runs, start, count) ?? this.reading(this.index.read(stream, start, count, tail.runs));
  }

  private readRecent(runs: readonly EventRun[], from: number, count: number): RecordedEvent[] | undefined {
    const events: RecordedEvent[] = [];
    let at = findRun(runs, from);
    if (at < 0 || runs[at]!.position + from - runs[at]!.revision < this.recent.start) return undefined;
    for (let skip = from - runs[at]!.revision; events.length < count; skip = 0, at++) {
      const run = runs[at]!;
      const end = Math.min(run.count, skip + count - events.length);
      for (let i = skip; i < end; i++) events.push(this.recent.at(run.position + i));
    }
    return events;
  }

  override async readLog(after: number, limit: number, prefix: string): Promise<LogPage> {
    const events =
      this.recent.after(after, limit) ?? (await this.reading(this.pages.after(after, limit, this.queue.stored)));
    const position = events.length > 0 ? events[events.length - 1]!.position : after;
    return {
      events: prefix === '' ? events : events.filter(({ stream }) => stream.startsWith(prefix)),
      position,
    };
  }

  /** Searches only what is newer than the last search: a category may have no event in a long log. */
  override async last(prefix: string): Promise<RecordedEvent | undefined> {
    const { end, start } = this.recent;
    const { event, upTo } = this.ends.get(prefix) ?? { event: undefined, upTo: 0 };
    const isInMemory = upTo >= start;
    const newer = this.recent.last(prefix, upTo);
    const older = newer ?? (isInMemory ? undefined : await this.reading(this.pages.last(prefix, upTo)));
    const found = older ?? event;
    this.ends.set(prefix, { event: found, upTo: end });
    return found;
  }

  override async at(position: number): Promise<RecordedEvent | undefined> {
    const [event] = (await this.readLog(position - 1, 1, '')).events;
    return event?.position === position ? event : undefined;
  }

  override waitForEvents(position: number, signal: AbortSignal): Promise<void> {
    return position < this.queue.stored || this.closed
      ? Promise.resolve()
      : this.growth.wait({ after: position, signal });
  }

  override async loadSnapshot(stream: string): Promise<Snapshot | undefined> {
    const [row] = await this.reading(
      this.database.read(`SELECT ${SNAPSHOT_COLUMNS} FROM snapshots WHERE stream = ?`, [stream]),
    );
    if (!row) return undefined;
    return {
      revision: row['revision'] as number,
      schemaVersion: row['schema_version'] as number,
      state: Buffer.from(row['state'] as Uint8Array).toString(),
      hash: row['hash'] as string,
      eventId: (row['event_id'] as string | null) ?? undefined,
      head: (row['head'] as string | null) ?? undefined,
    };
  }

  override async saveSnapshot(
    stream: string,
    { revision, schemaVersion, state, hash, eventId, head }: Snapshot,
  ): Promise<void> {
    const sql = `INSERT OR REPLACE INTO snapshots (stream, ${SNAPSHOT_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)`;
    const params = [stream, revision, schemaVersion, Buffer.from(state), hash, eventId ?? null, head ?? null];
    await this.reading(this.database.transaction([{ sql, params }]));
  }

  override health(): Promise<Health> {
    return this.database.health();
  }

  override async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    this.growth.notify();
    await this.queue.idle();
    await this.keeper.flush(this.queue.stored, this.recent.start);
    await this.database.close();
  }

  private async reading<T>(asked: Promise<T>): Promise<T> {
    return asked.catch((error: unknown) => {
      if (error instanceof StoreUnavailable) throw error;
      throw new StoreUnavailable(error instanceof Error ? error.message : String(error));
    });
  }
}
