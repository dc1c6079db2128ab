import { type Health, type PurgeScope, type RecordChange, RecordStore, type StoredRecord } from '@tallystick/eventing';
import { SqliteDatabase, type DatabaseOptions, json } from '../sqlite/sqlite-database';
import type { SqlRow } from '../sqlite/sqlite-connection';

const SCHEMA = [
  'CREATE TABLE IF NOT EXISTS records (collection TEXT, key TEXT, value TEXT NOT NULL, expires_at INTEGER, PRIMARY KEY (collection, key)) WITHOUT ROWID',
  'CREATE INDEX IF NOT EXISTS records_by_expiry ON records (expires_at) WHERE expires_at IS NOT NULL',
];
const PUT = `INSERT OR REPLACE INTO records (collection, key, value, expires_at)
  SELECT ?, value->>0, value->>1, value->>2 FROM json_each(CAST(? AS TEXT))`;
const PUT_FREE = `INSERT INTO records (collection, key, value, expires_at)
  SELECT ?, value->>0, value->>1, value->>2 FROM json_each(CAST(? AS TEXT)) WHERE true
  ON CONFLICT DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at WHERE records.expires_at <= ? RETURNING key`;
const REPLACE = `INSERT OR REPLACE INTO records (collection, key, value, expires_at)
  SELECT value->>0, value->>1, value->>2, value->>3 FROM json_each(CAST(?1 AS TEXT)) WHERE NOT EXISTS (
    SELECT 1 FROM json_each(CAST(?1 AS TEXT)) AS wanted LEFT JOIN records ON records.collection = wanted.value->>0
      AND records.key = wanted.value->>1 AND (expires_at IS NULL OR expires_at > ?2) WHERE records.value IS NOT wanted.value->>4)
  RETURNING key`;
const GET = `SELECT wanted.key AS at, records.value AS value FROM json_each(CAST(? AS TEXT)) AS wanted
  CROSS JOIN records ON records.collection = ? AND records.key = wanted.value WHERE expires_at IS NULL OR expires_at > ?`;
const LIST = `SELECT key, value, expires_at FROM records
  WHERE collection = ? AND key >= ? AND key < ? || char(1114111) AND key > ? AND (expires_at IS NULL OR expires_at > ?) ORDER BY key LIMIT ?`;
const REMOVE = 'DELETE FROM records WHERE collection = ? AND key IN (SELECT value FROM json_each(CAST(? AS TEXT)))';
const PURGE_SLICE = 1_000;
const PURGE = `DELETE FROM records WHERE (collection, key) IN (SELECT collection, key FROM records WHERE expires_at <= ?
  AND (collection IN (SELECT value FROM json_each(CAST(? AS TEXT)))) = ? LIMIT ${PURGE_SLICE})`;

/** Records in one SQLite table. Removed values are overwritten in the file, because records may be personal data. */
export class SqliteRecordStore extends RecordStore {
  private constructor(private readonly database: SqliteDatabase) {
    super();
  }

  static async open(file: string, options: DatabaseOptions = {}): Promise<SqliteRecordStore> {
    const database = await SqliteDatabase.open(file, { eraseDeleted: true, ...options });
    await database.transaction(SCHEMA.map((sql) => ({ sql })));
    return new SqliteRecordStore(database);
  }

  /** Version of SQLite, for logs. */
  get description(): string {
    return this.database.description;
  }

  override async put(collection: string, records: readonly StoredRecord[]): Promise<void> {
    await this.database.transaction([{ sql: PUT, params: [collection, rowsOf(records)] }]);
  }

  override async putFree(
    collection: string,
    records: readonly StoredRecord[],
    now: number,
  ): Promise<ReadonlySet<string>> {
    const put = { sql: PUT_FREE, params: [collection, rowsOf(records), now] };
    const [written] = await this.database.transaction([put]);
    return new Set(written!.map(({ key }) => key as string));
  }

  override async replace(changes: readonly RecordChange[], now: number): Promise<boolean> {
    const rows = changes.map(({ collection, key, value, expiresAt, from }) => [
      ...[collection, key, textOf(value), expiresAt ?? null],
      from === undefined ? null : textOf(from),
    ]);
    const [written] = await this.database.transaction([{ sql: REPLACE, params: [json(rows), now] }]);
    return written!.length === changes.length;
  }

  override async get(
    collection: string,
    keys: readonly string[],
    now: number,
  ): Promise<readonly (unknown | undefined)[]> {
    const found = new Array<unknown>(keys.length).fill(undefined);
    if (keys.length === 0) return found;
    const rows = await this.database.read(GET, [json(keys), collection, now]);
    for (const row of rows) found[row['at'] as number] = JSON.parse(row['value'] as string);
    return found;
  }

  override async list(
    collection: string,
    { prefix, after = '', limit, now }: { prefix: string; after?: string; limit: number; now: number },
  ): Promise<readonly StoredRecord[]> {
    return (await this.database.read(LIST, [collection, prefix, prefix, after, now, limit])).map(recordOf);
  }

  override async remove(collection: string, keys: readonly string[]): Promise<void> {
    await this.database.transaction([{ sql: REMOVE, params: [collection, json(keys)] }]);
  }

  /** Deletes in slices, so that other requests are not blocked. */
  override async purge(now: number, { only, except = [] }: PurgeScope = {}): Promise<number> {
    const params = [now, json(only ?? except), only ? 1 : 0];
    for (let removed = 0; ;) {
      const [, counted] = await this.database.transaction([
        { sql: PURGE, params },
        { sql: 'SELECT changes() AS count' },
      ]);
      const count = counted![0]!['count'] as number;
      removed += count;
      if (count < PURGE_SLICE) return removed;
    }
  }

  override health(): Promise<Health> {
    return this.database.health();
  }

  override close(): Promise<void> {
    return this.database.close();
  }
}

const textOf = (value: unknown): string => JSON.stringify(value) ?? 'null';

/** If several records have one key, the last one is used. */
function rowsOf(records: readonly StoredRecord[]): Uint8Array {
  const last = new Map(records.map((record) => [record.key, record]));
  return json([...last.values()].map(({ key, value, expiresAt }) => [key, textOf(value), expiresAt ?? null]));
}

function recordOf({ key, value, expires_at: expiresAt }: SqlRow): StoredRecord {
  const record = { key: key as string, value: JSON.parse(value as string) as unknown };
  return expiresAt === null ? record : { ...record, expiresAt: expiresAt as number };
}
