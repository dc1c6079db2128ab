import { createHash, randomUUID } from 'node:crypto';
import {
  type Checkpoint,
  detailsOf,
  type Health,
  LOG_START,
  NOTHING_READ,
  type ViewQuery,
  type Row,
  storedCheckpoint,
  type Table,
  type TotalsQuery,
  type ColumnValue,
  type ViewChange,
  ViewOvertaken,
  ViewStore,
} from '@tallystick/eventing';
import { SqliteDatabase, type DatabaseOptions, json, type SqliteStatement } from '../sqlite/sqlite-database';
import { createTable, getByKey, remove, select, sums, tableName, upsert } from './sql';

const SCHEMA = `CREATE TABLE IF NOT EXISTS checkpoints
  (view TEXT, generation TEXT, definition TEXT NOT NULL, position INTEGER NOT NULL, details TEXT, PRIMARY KEY (view, generation)) WITHOUT ROWID`;
/** Databases of older versions do not have this column. */
const HAS_DETAILS = `SELECT 1 FROM pragma_table_info('checkpoints') WHERE name = 'details'`;
const ADD_DETAILS = 'ALTER TABLE checkpoints ADD COLUMN details TEXT';

/** Views as SQLite tables, with their checkpoints in the same file. */
export class SqliteViewStore extends ViewStore {
  private constructor(private readonly database: SqliteDatabase) {
    super();
  }

  static async open(file: string, options: DatabaseOptions = {}): Promise<SqliteViewStore> {
    // Rows and checkpoint are written together, so changes lost by a power failure are read from the log again.
    const database = await SqliteDatabase.open(file, {
      durable: false,
      setsAside: true,
      ifDamaged: 'Restart the process: it rebuilds the views from the log.',
      ...options,
    });
    await database.transaction([{ sql: SCHEMA }]);
    if ((await database.read(HAS_DETAILS)).length === 0) await database.transaction([{ sql: ADD_DETAILS }]);
    return new SqliteViewStore(database);
  }

  /** Version of SQLite, for logs. */
  get description(): string {
    return this.database.description;
  }

  override async open(tables: readonly Table[], generation = ''): Promise<void> {
    const rows = await this.database.read('SELECT view, definition FROM checkpoints WHERE generation = ?', [
      generation,
    ]);
    const known = new Map(rows.map(({ view, definition }) => [view, definition]));
    const changed = tables.filter((table) => known.get(table.name) !== definitionOf(table));
    await this.database.transaction(
      changed.flatMap((table) => [
        ...createTable(table, generation, randomUUID().replaceAll('-', '')),
        {
          sql: 'INSERT OR REPLACE INTO checkpoints (view, generation, definition, position) VALUES (?, ?, ?, ?)',
          params: [table.name, generation, definitionOf(table), LOG_START],
        },
      ]),
    );
  }

  override async checkpoint(table: Table, generation = ''): Promise<Checkpoint> {
    const [row] = await this.database.read(
      'SELECT position, details FROM checkpoints WHERE view = ? AND generation = ?',
      [table.name, generation],
    );
    return row ? storedCheckpoint(row['position'] as number, row['details'] as string | null) : NOTHING_READ;
  }

  override async get(
    table: Table,
    keys: readonly (readonly ColumnValue[])[],
    generation = '',
  ): Promise<readonly (Row | undefined)[]> {
    const found = new Array<Row | undefined>(keys.length).fill(undefined);
    if (keys.length === 0) return found;
    for (const { '@': at, ...row } of await this.database.read(getByKey(table, generation), [json(keys)]))
      found[at as number] = row as Row;
    return found;
  }

  override async commit(changes: readonly ViewChange[], generation = ''): Promise<void> {
    await this.unlessOvertaken(
      changes.map(({ table, from }) => ({ table, generation, from })),
      changes.flatMap((change) => statementsOf(change, generation)),
    );
  }

  override async find(table: Table, query: ViewQuery, generation = ''): Promise<readonly Row[]> {
    const { sql, params } = select(table, query, generation);
    return (await this.database.read(sql, params)) as readonly Row[];
  }

  override async total(table: Table, query: TotalsQuery): Promise<readonly Row[]> {
    const { sql, params } = sums(table, query);
    return (await this.database.read(sql, params)) as readonly Row[];
  }

  override async promote(table: Table, generation: string, from?: number): Promise<void> {
    await this.unlessOvertaken(
      [{ table, generation: '', from }],
      [
        { sql: `DROP TABLE IF EXISTS ${tableName(table, '')}` },
        { sql: `ALTER TABLE ${tableName(table, generation)} RENAME TO ${tableName(table, '')}` },
        { sql: `DELETE FROM checkpoints WHERE view = ? AND generation = ''`, params: [table.name] },
        {
          sql: `UPDATE checkpoints SET generation = '' WHERE view = ? AND generation = ?`,
          params: [table.name, generation],
        },
      ],
    );
  }

  override async drop(table: Table, generation = ''): Promise<void> {
    await this.database.transaction([
      { sql: `DROP TABLE IF EXISTS ${tableName(table, generation)}` },
      { sql: 'DELETE FROM checkpoints WHERE view = ? AND generation = ?', params: [table.name, generation] },
    ]);
  }

  override health(): Promise<Health> {
    return this.database.health();
  }

  override close(): Promise<void> {
    return this.database.close();
  }

  private async unlessOvertaken(
    guards: readonly PositionGuard[],
    statements: readonly SqliteStatement[],
  ): Promise<void> {
    try {
      await this.database.transaction([...guards.flatMap(checkPosition), ...statements]);
    } catch (error) {
      if (!(error as Error).message.includes('failed: checkpoints.position')) throw error;
      throw new ViewOvertaken(guards.map(({ table }) => table.name));
    }
  }
}

interface PositionGuard {
  readonly table: Table;
  readonly generation: string;
  readonly from?: number;
}

/** Fails with a constraint error (NULL in `position`) if the checkpoint has another position. */
const checkPosition = ({ table, generation, from }: PositionGuard): SqliteStatement[] =>
  from === undefined
    ? []
    : [
        {
          sql: 'UPDATE checkpoints SET position = CASE WHEN position = ? THEN position END WHERE view = ? AND generation = ?',
          params: [from, table.name, generation],
        },
      ];

function statementsOf(
  { table, checkpoint, put, remove: removed = [] }: ViewChange,
  generation: string,
): SqliteStatement[] {
  const columns = Object.keys(table.columns);
  const statements: SqliteStatement[] = removed.map((where) => remove(table, where, generation));
  if (put.length > 0) {
    statements.push({
      sql: upsert(table, generation),
      each: json(put.map((row) => columns.map((column) => row[column] ?? null))),
    });
  }
  statements.push({
    sql: 'UPDATE checkpoints SET position = ?, details = ? WHERE view = ? AND generation = ?',
    params: [checkpoint.position, detailsOf(checkpoint), table.name, generation],
  });
  return statements;
}

const definitionOf = ({ columns, key, indexes }: Table): string =>
  createHash('sha256')
    .update(JSON.stringify([Object.entries(columns), key, indexes]))
    .digest('base64url');
