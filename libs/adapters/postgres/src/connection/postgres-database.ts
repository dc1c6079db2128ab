import { Pool } from 'pg';
import { cannotOpen, translated, UnsuitableServer } from './errors';
import { PostgresConnection, type SqlResult, type RunSql, type PostgresValue } from './postgres-connection';
import { type PostgresOptions, type PostgresSettings, settingsOf } from './options';

const OLDEST = 140_000;

/** Connection pool for one schema of one database. */
export class PostgresDatabase {
  private constructor(
    readonly settings: PostgresSettings,
    private readonly pool: Pool,
  ) {}

  /** Connects, checks the server and creates what is missing. */
  static async open(
    options: PostgresOptions,
    missing: (schema: string) => readonly string[],
  ): Promise<PostgresDatabase> {
    const settings = settingsOf(options);
    const pool = new Pool({ ...settings.client, max: settings.connections, allowExitOnIdle: true });
    // The pool removes an idle connection that breaks, and opens another one when needed.
    pool.on('error', () => undefined);
    const database = new PostgresDatabase(settings, pool);
    try {
      await database.check();
      await database.transaction((run) => make(run, settings.schema, missing(settings.schema)));
      return database;
    } catch (error) {
      await pool.end();
      throw cannotOpen(settings, error);
    }
  }

  query(sql: string, params: readonly PostgresValue[] = []): Promise<SqlResult> {
    return this.use((line) => line.run(sql, params));
  }

  transaction<T>(work: (run: RunSql) => Promise<T>): Promise<T> {
    return this.use((line) => line.transaction(work));
  }

  async close(): Promise<void> {
    if (!this.pool.ending) await this.pool.end();
  }

  private async use<T>(work: (line: PostgresConnection) => Promise<T>): Promise<T> {
    const client = await this.pool.connect().catch((error: unknown) => {
      throw translated(error);
    });
    const line = new PostgresConnection(client);
    // A client in use emits an error when its connection breaks, and rejects its query.
    const broke = () => void (line.isDead = true);
    client.on('error', broke);
    try {
      return await work(line);
    } finally {
      client.off('error', broke);
      client.release(line.isDead);
    }
  }

  private async check(): Promise<void> {
    const { rows } = await this.query(
      `SELECT current_setting('server_version_num')::int AS version, current_setting('server_version') AS named, current_setting('server_encoding') AS encoding`,
    );
    const { version, named, encoding } = rows[0]! as { version: number; named: string; encoding: string };
    if (version < OLDEST) throw new UnsuitableServer(`version ${named} is too old; use 14 or newer.`);
    if (encoding !== 'UTF8') throw new UnsuitableServer(`the database's encoding is ${encoding}; create it with UTF8.`);
  }
}

/** Several processes may start at the same time. An existing schema requires no permission to create one. */
async function make(run: RunSql, schema: string, statements: readonly string[]): Promise<void> {
  await run('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`${schema} made`]);
  const { rows } = await run('SELECT to_regnamespace($1) IS NULL AS missing', [schema]);
  if (rows[0]!['missing'] === true) await run(`CREATE SCHEMA "${schema}"`);
  for (const statement of statements) await run(statement);
}
