import { type PurgeScope, type RecordChange, RecordStore, type StoredRecord } from '@tallystick/eventing';
import { PostgresDatabase } from '../connection/postgres-database';
import type { RunSql } from '../connection/postgres-connection';
import type { PostgresOptions } from '../connection/options';

const PURGE_SLICE = 1_000;

// Removed rows should not stay in the file for long, so autovacuum runs after fewer dead rows than by default.
const schemaOf = (schema: string): readonly string[] => [
  `CREATE TABLE IF NOT EXISTS "${schema}".records
    (collection text COLLATE "C", key text COLLATE "C", value text NOT NULL, expires_at bigint, PRIMARY KEY (collection, key))
    WITH (autovacuum_vacuum_scale_factor = 0.02)`,
  `CREATE INDEX IF NOT EXISTS records_by_expiry ON "${schema}".records (expires_at) WHERE expires_at IS NOT NULL`,
];

const sqlOf = (schema: string) => {
  const records = `"${schema}".records`;
  return {
    put: `INSERT INTO ${records} (collection, key, value, expires_at)
      SELECT $1, * FROM unnest($2::text[], $3::text[], $4::bigint[])
      ON CONFLICT (collection, key) DO UPDATE SET value = EXCLUDED.value, expires_at = EXCLUDED.expires_at`,
    putFree: `INSERT INTO ${records} AS known (collection, key, value, expires_at)
      SELECT $1, * FROM unnest($2::text[], $3::text[], $4::bigint[])
      ON CONFLICT (collection, key) DO UPDATE SET value = EXCLUDED.value, expires_at = EXCLUDED.expires_at
      WHERE known.expires_at <= $5::bigint RETURNING key`,
    replace: `UPDATE ${records} SET value = $3, expires_at = $4
      WHERE collection = $1 AND key = $2 AND value = $5 AND (expires_at IS NULL OR expires_at > $6)`,
    get: `SELECT wanted.at, value FROM unnest($2::text[]) WITH ORDINALITY AS wanted(key, at)
      JOIN ${records} AS known ON known.collection = $1 AND known.key = wanted.key
      WHERE expires_at IS NULL OR expires_at > $3`,
    list: `SELECT key, value, expires_at FROM ${records} WHERE collection = $1
      AND key >= $2 AND key < $3 AND key > $4 AND (expires_at IS NULL OR expires_at > $5) ORDER BY key LIMIT $6`,
    remove: `DELETE FROM ${records} WHERE collection = $1 AND key = ANY($2::text[])`,
    purge: `DELETE FROM ${records} WHERE ctid = ANY(ARRAY(
      SELECT ctid FROM ${records} WHERE expires_at <= $1
        AND (collection = ANY($2::text[]))::int = $3 LIMIT ${PURGE_SLICE} FOR UPDATE SKIP LOCKED))`,
  };
};

/** Records in one PostgreSQL table, shared by all processes. */
export class PostgresRecordStore extends RecordStore {
  private readonly sql: ReturnType<typeof sqlOf>;

  private constructor(private readonly database: PostgresDatabase) {
    super();
    this.sql = sqlOf(database.settings.schema);
  }

  /** Rejects with PostgresUnusable. */
  static async open(options: PostgresOptions): Promise<PostgresRecordStore> {
    return new PostgresRecordStore(await PostgresDatabase.open(options, schemaOf));
  }

  override async put(collection: string, records: readonly StoredRecord[]): Promise<void> {
    if (records.length > 0) await this.database.query(this.sql.put, [collection, ...columnsOf(records)]);
  }

  override async putFree(
    collection: string,
    records: readonly StoredRecord[],
    now: number,
  ): Promise<ReadonlySet<string>> {
    const params = [collection, ...columnsOf(records), now];
    const { rows } = await this.database.query(this.sql.putFree, params);
    return new Set(rows.map(({ key }) => key as string));
  }

  /** Writes in the order of keys, as all writes, so that writers of the same records cannot deadlock. */
  override async replace(changes: readonly RecordChange[], now: number): Promise<boolean> {
    const ordered = [...changes].sort((a, b) => (placeOf(a) < placeOf(b) ? -1 : 1));
    const write = async (run: RunSql) => {
      for (const change of ordered) if (!(await this.writeOne(run, change, now))) throw new StaleRecord();
    };
    try {
      if (changes.length > 1) await this.database.transaction(write);
      else await write((sql, params) => this.database.query(sql, params));
      return true;
    } catch (error) {
      if (error instanceof StaleRecord) return false;
      throw error;
    }
  }

  private async writeOne(run: RunSql, change: RecordChange, now: number): Promise<boolean> {
    const { collection, key, value, expiresAt = null, from } = change;
    const { count } =
      from === undefined
        ? await run(this.sql.putFree, [collection, ...columnsOf([change]), now])
        : await run(this.sql.replace, [collection, key, textOf(value), expiresAt, textOf(from), now]);
    return count === 1;
  }

  override async get(
    collection: string,
    keys: readonly string[],
    now: number,
  ): Promise<readonly (unknown | undefined)[]> {
    const found = new Array<unknown>(keys.length).fill(undefined);
    if (keys.length === 0) return found;
    const { rows } = await this.database.query(this.sql.get, [collection, keys, now]);
    for (const row of rows) found[(row['at'] as number) - 1] = JSON.parse(row['value'] as string);
    return found;
  }

  override async list(
    collection: string,
    { prefix, after = '', limit, now }: { prefix: string; after?: string; limit: number; now: number },
  ): Promise<readonly StoredRecord[]> {
    const end = `${prefix}\u{10FFFF}`;
    const { rows } = await this.database.query(this.sql.list, [collection, prefix, end, after, now, limit]);
    return rows.map(({ key, value, expires_at: expiresAt }) => {
      const record = { key: key as string, value: JSON.parse(value as string) as unknown };
      return expiresAt === null ? record : { ...record, expiresAt: expiresAt as number };
    });
  }

  override async remove(collection: string, keys: readonly string[]): Promise<void> {
    await this.database.query(this.sql.remove, [collection, keys]);
  }

  /** Deletes in slices, so that other requests are not blocked. */
  override async purge(now: number, { only, except = [] }: PurgeScope = {}): Promise<number> {
    const params = [now, only ?? except, only ? 1 : 0];
    for (let removed = 0; ;) {
      const { count } = await this.database.query(this.sql.purge, params);
      removed += count;
      if (count < PURGE_SLICE) return removed;
    }
  }

  override close(): Promise<void> {
    return this.database.close();
  }
}

const textOf = (value: unknown): string => JSON.stringify(value) ?? 'null';
const placeOf = ({ collection, key }: RecordChange): string => `${collection}\u0000${key}`;

/** Keys, values and expiries, in the order of keys. If several records have one key, the last one is used. */
function columnsOf(records: readonly StoredRecord[]) {
  const last = [...new Map(records.map((record) => [record.key, record])).values()];
  last.sort((a, b) => (a.key < b.key ? -1 : 1));
  return [
    last.map(({ key }) => key),
    last.map(({ value }) => textOf(value)),
    last.map(({ expiresAt }) => expiresAt ?? null),
  ] as const;
}

/** A record was changed since it was read: the transaction is rolled back. */
class StaleRecord extends Error {}
