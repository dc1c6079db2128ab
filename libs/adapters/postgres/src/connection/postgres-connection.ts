import type { ClientBase, QueryResultRow } from 'pg';
import { isConnectionDead, translated } from './errors';
import { fromStored, type PostgresValue, toStored } from './text';

export type { PostgresValue };

export interface SqlResult {
  readonly rows: readonly QueryResultRow[];
  readonly count: number;
}
export type RunSql = (sql: string, params?: readonly PostgresValue[]) => Promise<SqlResult>;

/** Connection to PostgreSQL, with parameters and results converted and errors translated. */
export class PostgresConnection {
  isDead = false;

  constructor(private readonly client: ClientBase) {}

  readonly run: RunSql = async (sql, params = []) => {
    try {
      const { rows, rowCount } = await this.client.query<QueryResultRow>(sql, params.map(toStored));
      return { rows: rows.map(readable), count: rowCount ?? 0 };
    } catch (error) {
      this.isDead ||= isConnectionDead(error);
      throw translated(error);
    }
  };

  /** Commits all statements of `work` or none. Durable when it resolves. */
  async transaction<T>(work: (run: RunSql) => Promise<T>): Promise<T> {
    await this.run('BEGIN');
    try {
      const result = await work(this.run);
      await this.run('COMMIT');
      return result;
    } catch (error) {
      if (!this.isDead) await this.run('ROLLBACK').catch(() => undefined);
      throw error;
    }
  }
}

function readable(row: QueryResultRow): QueryResultRow {
  for (const [column, value] of Object.entries(row)) if (typeof value === 'string') row[column] = fromStored(value);
  return row;
}
