import { type Health, RecordStore, type StoredRecord } from '@tallystick/eventing';
import { Database, type DatabaseOptions, json } from '../sqlite/database';
import type { SqlRow } from '../sqlite/driver';

const SCHEMA = [
  'CREATE TABLE IF NOT EXISTS records (collection TEXT, key TEXT, value TEXT NOT NULL, expires_at INTEGER, PRIMARY KEY (collection, key)) WITHOUT ROWID',
  'CREATE INDEX IF NOT EXISTS records_by_expiry ON records (expires_at) WHERE expires_at IS NOT NULL',
];
const PUT = `INSERT OR REPLACE INTO records (collection, key, value, expires_at)
  SELECT ?, value->>0, value->>1, value->>2 FROM json_each(CAST(? AS TEXT))`;
const PUT_NEW = `INSERT INTO records (collection, key, value, expires_at) VALUES (?, ?, ?, ?)
  ON CONFLICT DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at WHERE records.expires_at <= ? RETURNING key`;
const GET = `SELECT wanted.key AS at, records.value AS value FROM json_each(CAST(? AS TEXT)) AS wanted
  CROSS JOIN records ON records.collection = ? AND records.key = wanted.value WHERE expires_at IS NULL OR expires_at > ?`;
const LIST = `SELECT key, value, expires_at FROM records
  WHERE collection = ? AND key >= ? AND key < ? || char(1114111) AND key > ? AND (expires_at IS NULL OR expires_at > ?) ORDER BY key LIMIT ?`;
const REMOVE =
  'DELETE FROM records WHERE collection = ? AND key IN (SELECT value FROM json_each(CAST(? AS TEXT)))';
const PURGE_SLICE = 1_000;
const PURGE = `DELETE FROM records WHERE (collection, key) IN (SELECT collection, key FROM records WHERE expires_at <= ? LIMIT ${PURGE_SLICE})`;

/** Records in one SQLite table. What is removed is overwritten in the file: it is here because it must be forgettable. */
export class SqliteRecordStore extends RecordStore {
  private constructor(private readonly database: Database) {
    super();
  }

  static async open(file: string, options: DatabaseOptions = {}): Promise<SqliteRecordStore> {
    const database = await Database.open(file, { eraseDeleted: true, ...options });
    await database.transaction(SCHEMA.map((sql) => ({ sql })));
    return new SqliteRecordStore(database);
  }

  /** For people: which SQLite this is. */
  get description(): string {
    return this.database.description;
  }

  override async put(collection: string, records: readonly StoredRecord[]): Promise<void> {
    const rows = records.map(({ key, value, expiresAt }) => [key, textOf(value), expiresAt ?? null]);
    await this.database.transaction([{ sql: PUT, params: [collection, json(rows)] }]);
  }

  override async putNew(
    collection: string,
    { key, value, expiresAt }: StoredRecord,
    now?: number,
  ): Promise<boolean> {
    const params = [collection, key, textOf(value), expiresAt ?? null, now ?? null];
    const [rows] = await this.database.transaction([{ sql: PUT_NEW, params }]);
    return rows!.length > 0;
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

  /** In slices, so that others get their turn. */
  override async purge(now: number): Promise<number> {
    for (let removed = 0; ;) {
      const [, counted] = await this.database.transaction([
        { sql: PURGE, params: [now] },
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

function recordOf({ key, value, expires_at: expiresAt }: SqlRow): StoredRecord {
  const record = { key: key as string, value: JSON.parse(value as string) as unknown };
  return expiresAt === null ? record : { ...record, expiresAt: expiresAt as number };
}
