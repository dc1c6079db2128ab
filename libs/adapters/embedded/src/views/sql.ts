import type { ViewQuery, Table, TotalsQuery, ColumnValue, Where } from '@tallystick/eventing';
import type { SqliteStatement } from '../sqlite/sqlite-database';
import type { SqliteValue } from '../sqlite/sqlite-connection';

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Quotes a name and rejects unexpected characters. Names come from code, never from users. */
export function quoted(name: string): string {
  if (!NAME.test(name))
    throw new Error(`"${name}" cannot be the name of a table or column: use letters, digits and underscores.`);
  return `"${name}"`;
}

export const tableName = ({ name }: Table, generation: string): string =>
  quoted(generation === '' ? name : `${name}__${generation}`);

const list = (names: readonly string[]): string => names.map(quoted).join(', ');

/**
 * The table has a rowid: rows of this width take three times as long without. `unique` distinguishes the index names of
 * two generations, also after a table was renamed.
 */
export function createTable(table: Table, generation: string, unique: string): SqliteStatement[] {
  const name = tableName(table, generation);
  const columns = Object.entries(table.columns).map(
    ([column, type]) => `${quoted(column)} ${type === 'text' ? 'TEXT' : 'INTEGER'}`,
  );
  return [
    { sql: `DROP TABLE IF EXISTS ${name}` },
    { sql: `CREATE TABLE ${name} (${columns.join(', ')}, PRIMARY KEY (${list(table.key)}))` },
    ...table.indexes.map((index, i) => ({
      sql: `CREATE INDEX ${quoted(`${table.name}_${i}_${unique}`)} ON ${name} (${list(index)})`,
    })),
  ];
}

export function upsert(table: Table, generation: string): string {
  const columns = Object.keys(table.columns);
  return `INSERT OR REPLACE INTO ${tableName(table, generation)} (${list(columns)}) VALUES (${columns.map(() => '?').join(', ')})`;
}

export function getByKey(table: Table, generation: string): string {
  const matches = table.key.map((column, i) => `stored.${quoted(column)} = wanted.value->>${i}`);
  const columns = Object.keys(table.columns).map((column) => `stored.${quoted(column)} AS ${quoted(column)}`);
  return `SELECT wanted.key AS "@", ${columns.join(', ')} FROM json_each(CAST(? AS TEXT)) AS wanted
    CROSS JOIN ${tableName(table, generation)} AS stored ON ${matches.join(' AND ')}`;
}

export function remove(table: Table, where: Where, generation: string): SqliteStatement {
  const { sql, params } = condition(where);
  return { sql: `DELETE FROM ${tableName(table, generation)}${sql}`, params };
}

export function select(table: Table, query: ViewQuery, generation: string): SqliteStatement {
  const { sql, params } = condition(query.where);
  const order = (query.order ?? []).map((column) =>
    column.startsWith('-') ? `${quoted(column.slice(1))} DESC` : quoted(column),
  );
  const text = [
    `SELECT ${query.distinct ? 'DISTINCT ' : ''}${list(query.columns ?? Object.keys(table.columns))} FROM ${tableName(table, generation)}${sql}`,
    order.length > 0 ? `ORDER BY ${order.join(', ')}` : '',
    query.limit === undefined ? '' : 'LIMIT ?',
  ];
  return { sql: text.join(' '), params: query.limit === undefined ? params : [...params, query.limit] };
}

export function sums(table: Table, query: TotalsQuery): SqliteStatement {
  const { sql, params } = condition(query.where);
  const by = list(query.groupBy);
  const columns = [
    ...query.groupBy.map(quoted),
    ...query.sum.map((column) => `coalesce(sum(${quoted(column)}), 0) AS ${quoted(column)}`),
    'count(*) AS "count"',
  ];
  const { after = [] } = query;
  const behind = `(${by}) > (${after.map(() => '?').join(', ')})`;
  const text = [
    `SELECT ${columns.join(', ')} FROM ${tableName(table, '')}${sql}`,
    after.length === 0 ? '' : `${sql === '' ? 'WHERE' : 'AND'} ${behind}`,
    by === '' ? '' : `GROUP BY ${by} ORDER BY ${by}`,
    query.limit === undefined ? '' : 'LIMIT ?',
  ];
  const limit = query.limit === undefined ? [] : [query.limit];
  return { sql: text.join(' '), params: [...params, ...after, ...limit] };
}

const COMPARE = { from: '>=', after: '>', before: '<', upTo: '<=' } as const;

function condition(where: Where = {}): { sql: string; params: SqliteValue[] } {
  const parts: string[] = [];
  const params: SqliteValue[] = [];
  const add = (part: string, param?: SqliteValue) => {
    parts.push(part);
    if (param !== undefined) params.push(param);
  };
  for (const [name, wanted] of Object.entries(where)) {
    const column = quoted(name);
    if (wanted === null) add(`${column} IS NULL`);
    else if (Array.isArray(wanted)) add(`${column} IN (SELECT value FROM json_each(?))`, JSON.stringify(wanted));
    else if (typeof wanted !== 'object') add(`${column} = ?`, wanted);
    else {
      for (const [bound, value] of Object.entries(wanted) as [keyof typeof COMPARE, ColumnValue | undefined][]) {
        if (value !== undefined) add(`${column} ${COMPARE[bound]} ?`, value);
      }
    }
  }
  return { sql: parts.length > 0 ? ` WHERE ${parts.join(' AND ')}` : '', params };
}
