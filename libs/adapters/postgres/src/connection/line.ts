import type { ClientBase, QueryResultRow } from 'pg';
import { isLineDead, translated } from './errors';
import { fromStored, type SqlValue, toStored } from './text';

export type { SqlValue };

export interface Result {
  readonly rows: readonly QueryResultRow[];
  readonly count: number;
}
export type Run = (sql: string, params?: readonly SqlValue[]) => Promise<Result>;

/** One connection while somebody uses it. */
export class Line {
  isDead = false;

  constructor(private readonly client: ClientBase) {}

  readonly run: Run = async (sql, params = []) => {
    try {
      const { rows, rowCount } = await this.client.query<QueryResultRow>(sql, params.map(toStored));
      return { rows: rows.map(readable), count: rowCount ?? 0 };
    } catch (error) {
      this.isDead ||= isLineDead(error);
      throw translated(error);
    }
  };

  /** All of it or nothing, durable when it resolves. */
  async transaction<T>(work: (run: Run) => Promise<T>): Promise<T> {
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
