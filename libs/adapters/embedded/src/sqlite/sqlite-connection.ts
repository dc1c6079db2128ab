import { mkdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';

export type SqliteValue = string | number | null | Uint8Array;
export type SqlRow = Record<string, SqliteValue>;

interface Prepared {
  all(params: readonly SqliteValue[]): SqlRow[];
  run(params: readonly SqliteValue[]): void;
  finalize(): void;
}

interface Engine {
  readonly name: string;
  exec(sql: string): void;
  prepare(sql: string): Prepared;
  close(): void;
}

const CACHED_STATEMENTS = 400;

/** SQLite connection: Node's built-in engine if it has one, else WebAssembly. Prepared statements are cached. */
export class SqliteConnection {
  private readonly statements = new Map<string, Prepared>();
  private constructor(private readonly engine: Engine) {}

  static open(file: string): SqliteConnection {
    mkdirSync(dirname(file), { recursive: true });
    return new SqliteConnection(nodeEngine(file) ?? wasmEngine(file));
  }

  /** Version and engine. */
  describe(): string {
    const [row] = this.all('SELECT sqlite_version() AS version');
    return `SQLite ${row!['version']} (${this.engine.name})`;
  }

  exec(sql: string): void {
    this.engine.exec(sql);
  }

  all(sql: string, params: readonly SqliteValue[] = []): SqlRow[] {
    return this.use(sql, (statement) => statement.all(params));
  }

  run(sql: string, params: readonly SqliteValue[]): void {
    this.use(sql, (statement) => statement.run(params));
  }

  private use<T>(sql: string, work: (statement: Prepared) => T): T {
    const statement = this.statements.get(sql) ?? this.prepare(sql);
    try {
      return work(statement);
    } catch (error) {
      // A failed statement reports its old error again when it is reset, so it is not reused.
      this.forget(sql, statement);
      throw error;
    }
  }

  close(): void {
    for (const [sql, statement] of this.statements) this.forget(sql, statement);
    this.engine.close();
  }

  private prepare(sql: string): Prepared {
    const statement = this.engine.prepare(sql);
    const oldest = this.statements.size >= CACHED_STATEMENTS ? this.statements.entries().next().value : undefined;
    if (oldest) this.forget(...oldest);
    this.statements.set(sql, statement);
    return statement;
  }

  private forget(sql: string, statement: Prepared): void {
    this.statements.delete(sql);
    try {
      statement.finalize();
    } catch {
      // Finalizing repeats the error that the caller already has.
    }
  }
}

interface NodeSqlite {
  DatabaseSync: new (file: string) => Omit<Engine, 'name' | 'prepare'> & {
    prepare(sql: string): { all(...params: SqliteValue[]): unknown[]; run(...params: SqliteValue[]): unknown };
  };
}

/** Node ≥ 22.13. */
function nodeEngine(file: string): Engine | undefined {
  let sqlite: NodeSqlite;
  try {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- not available in Node 20
    sqlite = require('node:sqlite') as NodeSqlite;
  } catch {
    return undefined;
  }
  const database = new sqlite.DatabaseSync(file);
  return {
    name: 'node:sqlite',
    exec: (sql) => database.exec(sql),
    close: () => database.close(),
    prepare: (sql) => {
      const statement = database.prepare(sql);
      return {
        all: (params) => statement.all(...params) as SqlRow[],
        run: (params) => void statement.run(...params),
        finalize: () => undefined,
      };
    },
  };
}

function wasmEngine(file: string): Engine {
  // A killed process leaves this directory behind. The lock of the data directory ensures that no process uses it.
  rmSync(`${file}.lock`, { recursive: true, force: true });
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- loaded only if Node has no built-in engine
  const wasm = require('node-sqlite3-wasm') as typeof import('node-sqlite3-wasm');
  const database = new wasm.Database(file);
  return {
    name: 'node-sqlite3-wasm',
    exec: (sql) => database.exec(sql),
    close: () => database.close(),
    prepare: (sql) => {
      const statement = database.prepare(sql);
      return {
        all: (params) => statement.all(params as SqliteValue[]) as SqlRow[],
        run: (params) => void statement.run(params as SqliteValue[]),
        finalize: () => statement.finalize(),
      };
    },
  };
}
