import {
  type Checkpoint,
  type Lease,
  type LeaseOptions,
  LOG_START,
  NOTHING_READ,
  type ViewQuery,
  type Row,
  storedCheckpoint,
  type Table,
  type TotalsQuery,
  type ColumnValue,
  type ViewChange,
  ViewStore,
} from '@tallystick/eventing';
import { PostgresDatabase } from '../connection/postgres-database';
import type { RunSql } from '../connection/postgres-connection';
import type { PostgresOptions } from '../connection/options';
import { PostgresSession } from '../connection/postgres-session';
import { bareName, definitionOf, TableNames } from './table-names';
import { dropUnused, makeMissing } from './opening';
import { getByKey, select, sums, type PostgresStatement } from './sql';
import { promoteTable, writeChanges } from './writing';

const schemaOf = (schema: string): readonly string[] => [
  `CREATE TABLE IF NOT EXISTS "${schema}".checkpoints
    (view text, definition text, generation text, position bigint NOT NULL, PRIMARY KEY (view, definition, generation))`,
  // Checked first, because ALTER TABLE waits for all users of the table even if it changes nothing.
  `DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = '"${schema}".checkpoints'::regclass AND attname = 'details')
    THEN ALTER TABLE "${schema}".checkpoints ADD COLUMN details text; END IF;
  END $$`,
];

/** Views as PostgreSQL tables. Any number of processes read them, and one writes them. */
export class PostgresViewStore extends ViewStore {
  private readonly names: TableNames;
  private readonly session: PostgresSession;
  /** Lease of this process for the served views. */
  private leading: AbortController | undefined;

  private constructor(private readonly database: PostgresDatabase) {
    super();
    this.names = new TableNames(database.settings.schema);
    this.session = new PostgresSession(database.settings);
  }

  /** Rejects with PostgresUnusable. */
  static async open(options: PostgresOptions): Promise<PostgresViewStore> {
    return new PostgresViewStore(await PostgresDatabase.open(options, schemaOf));
  }

  override async open(tables: readonly Table[], generation = ''): Promise<void> {
    if (generation === '')
      await this.session.share(tables.map((table) => this.names.sharedLock(table.name, definitionOf(table))));
    await makeMissing(this.session, this.names, tables, generation);
    if (generation === '') await dropUnused(this.session, this.names, tables);
  }

  override async checkpoint(table: Table, generation = ''): Promise<Checkpoint> {
    const { rows } = await this.database.query(
      `SELECT position, details FROM ${this.names.checkpoints} WHERE view = $1 AND definition = $2 AND generation = $3`,
      [table.name, definitionOf(table), generation],
    );
    const [row] = rows;
    return row ? storedCheckpoint(row['position'] as number, row['details'] as string | null) : NOTHING_READ;
  }

  override async get(
    table: Table,
    keys: readonly (readonly ColumnValue[])[],
    generation = '',
  ): Promise<readonly (Row | undefined)[]> {
    const found = new Array<Row | undefined>(keys.length).fill(undefined);
    if (keys.length === 0) return found;
    const rows = await this.rows(getByKey(table, this.names.table(table, generation), keys));
    for (const { '@': at, ...row } of rows) found[(at as number) - 1] = row;
    return found;
  }

  override async commit(changes: readonly ViewChange[], generation = ''): Promise<void> {
    if (changes.length === 0) return;
    await this.write(generation, async (run) => {
      await writeChanges(run, this.names, changes, generation);
      if (generation === '') await this.session.notify(run, 'committed');
    });
  }

  override find(table: Table, query: ViewQuery, generation = ''): Promise<readonly Row[]> {
    return this.rows(select(table, this.names.table(table, generation), query));
  }

  override total(table: Table, query: TotalsQuery): Promise<readonly Row[]> {
    return this.rows(sums(table, this.names.table(table, ''), query));
  }

  override promote(table: Table, generation: string, from?: number): Promise<void> {
    return this.write('', (run) => promoteTable(run, this.names, table, generation, from));
  }

  override async drop(table: Table, generation = ''): Promise<void> {
    await this.write(generation, async (run) => {
      await run(`DELETE FROM ${this.names.checkpoints} WHERE view = $1 AND definition = $2 AND generation = $3`, [
        table.name,
        definitionOf(table),
        generation,
      ]);
      await run(`DROP TABLE IF EXISTS ${this.names.in(bareName(table.name, definitionOf(table), generation))}`);
    });
  }

  override async acquireLease(
    tables: readonly Table[],
    { generation = '', signal, preempt = false }: LeaseOptions,
  ): Promise<Lease | undefined> {
    const name = this.names.leaseLock(tables, generation);
    const lock = await (preempt ? this.session.requestLock(name, signal) : this.session.acquireLock(name));
    if (!lock) return undefined;
    const stop = () => lock.abort();
    signal.addEventListener('abort', stop);
    if (signal.aborted) stop();
    if (generation === '') this.leading = lock;
    const release = async () => {
      signal.removeEventListener('abort', stop);
      if (this.leading === lock) this.leading = undefined;
      await this.session.releaseLock(name, lock);
    };
    return { ended: lock.signal, release };
  }

  override async waitForCommit(tables: readonly Table[], position: number, signal: AbortSignal): Promise<number> {
    const { seen } = this.session.notifications;
    const now = await this.leastOf(tables);
    if (now > position) return now;
    await this.session.notifications.waitForMore(seen, this.database.settings.lookMilliseconds, signal);
    return signal.aborted ? now : this.leastOf(tables);
  }

  override async close(): Promise<void> {
    await this.session.close();
    await this.database.close();
  }

  /** Writes served views over the connection that holds the lease, while this process has it. */
  private write<T>(generation: string, work: (run: RunSql) => Promise<T>): Promise<T> {
    return generation === '' && this.leading
      ? this.session.transactionUnder(this.leading, work)
      : this.database.transaction(work);
  }

  private async rows({ sql, params }: PostgresStatement): Promise<readonly Row[]> {
    return (await this.database.query(sql, params)).rows;
  }

  private async leastOf(tables: readonly Table[]): Promise<number> {
    const { rows } = await this.database.query(
      `SELECT min(position) AS position FROM ${this.names.checkpoints}
        WHERE (view, definition) IN (SELECT * FROM unnest($1::text[], $2::text[])) AND generation = ''`,
      [tables.map(({ name }) => name), tables.map(definitionOf)],
    );
    return (rows[0]?.['position'] as number | null | undefined) ?? LOG_START;
  }
}
