import type { ViewQuery, Row, Table, TotalsQuery, ColumnValue, Where } from '@tallystick/eventing';
import type { PostgresValue } from '../connection/postgres-connection';
import { list, quoted } from './table-names';

export interface PostgresStatement {
  readonly sql: string;
  readonly params: readonly PostgresValue[];
}

type Cell = string | number | null;

const typeOf = ({ columns }: Table, column: string) => (columns[column] === 'integer' ? 'bigint' : 'text');

/** Sorts NULL first, as SQLite does. Key columns contain no NULL and use the plain order of their index. */
const ordered = ({ key }: Table, column: string, downwards = false): string => {
  const direction = downwards ? ' DESC' : '';
  return key.includes(column)
    ? `${quoted(column)}${direction}`
    : `${quoted(column)}${direction} NULLS ${downwards ? 'LAST' : 'FIRST'}`;
};

/** Compares text byte by byte, so that all stores sort equally. */
export function createTable(table: Table, name: string): readonly string[] {
  const columns = Object.keys(table.columns).map((column) =>
    typeOf(table, column) === 'text' ? `${quoted(column)} text COLLATE "C"` : `${quoted(column)} bigint`,
  );
  const indexed = (index: readonly string[]) => index.map((column) => ordered(table, column)).join(', ');
  return [
    `CREATE TABLE ${name} (${columns.join(', ')}, PRIMARY KEY (${list(table.key)}))`,
    ...table.indexes.map((index) => `CREATE INDEX ON ${name} (${indexed(index)})`),
  ];
}

/**
 * Uses one array per column, so that the statement is the same for any number of rows. If several rows have one key,
 * the last one is used.
 */
export function upsert(table: Table, name: string, rows: readonly Row[]): PostgresStatement {
  const columns = Object.keys(table.columns);
  const last = new Map(rows.map((row) => [JSON.stringify(table.key.map((column) => row[column])), row]));
  const arrays = columns.map((column) => [...last.values()].map((row) => row[column] ?? null));
  const given = columns.map((column, i) => `$${i + 1}::${typeOf(table, column)}[]`);
  const others = columns.filter((column) => !table.key.includes(column));
  const change = others.map((column) => `${quoted(column)} = EXCLUDED.${quoted(column)}`);
  const sql = `INSERT INTO ${name} (${list(columns)}) SELECT * FROM unnest(${given.join(', ')})
    ON CONFLICT (${list(table.key)}) DO ${change.length > 0 ? `UPDATE SET ${change.join(', ')}` : 'NOTHING'}`;
  return { sql, params: arrays };
}

export function getByKey(table: Table, name: string, keys: readonly (readonly ColumnValue[])[]): PostgresStatement {
  const given = table.key.map((column, i) => `$${i + 1}::${typeOf(table, column)}[]`);
  const wanted = table.key.map((_, i) => `k${i}`);
  const matches = table.key.map((column, i) => `stored.${quoted(column)} = wanted.k${i}`);
  const columns = Object.keys(table.columns).map((column) => `stored.${quoted(column)}`);
  const sql = `SELECT wanted.at AS "@", ${columns.join(', ')}
    FROM unnest(${given.join(', ')}) WITH ORDINALITY AS wanted(${wanted.join(', ')}, at)
    JOIN ${name} AS stored ON ${matches.join(' AND ')}`;
  return { sql, params: table.key.map((_, i) => keys.map((key) => key[i] ?? null)) };
}

export function remove(table: Table, name: string, where: Where): PostgresStatement {
  const { sql, params } = condition(table, where);
  return { sql: `DELETE FROM ${name}${sql}`, params };
}

export function select(table: Table, name: string, query: ViewQuery): PostgresStatement {
  const { sql, params } = condition(table, query.where);
  // Default: the order of the key, which other stores use by nature.
  const order = (query.order ?? (query.distinct ? [] : table.key)).map((column) =>
    column.startsWith('-') ? ordered(table, column.slice(1), true) : ordered(table, column),
  );
  const text = [
    `SELECT ${query.distinct ? 'DISTINCT ' : ''}${list(query.columns ?? Object.keys(table.columns))} FROM ${name}${sql}`,
    order.length > 0 ? `ORDER BY ${order.join(', ')}` : '',
    query.limit === undefined ? '' : `LIMIT $${params.length + 1}::bigint`,
  ];
  return { sql: text.join(' '), params: query.limit === undefined ? params : [...params, query.limit] };
}

export function sums(table: Table, name: string, query: TotalsQuery): PostgresStatement {
  const { sql, params } = condition(table, query.where);
  const columns = [
    ...query.groupBy.map(quoted),
    ...query.sum.map((column) => `coalesce(sum(${quoted(column)}), 0)::bigint AS ${quoted(column)}`),
    'count(*) AS "count"',
  ];
  const { groupBy, after = [], limit } = query;
  const order = groupBy.map((column) => ordered(table, column)).join(', ');
  const last = after.map((_, i) => `$${params.length + i + 1}::${typeOf(table, groupBy[i]!)}`);
  const text = [
    `SELECT ${columns.join(', ')} FROM ${name}${sql}`,
    after.length === 0 ? '' : `${sql === '' ? 'WHERE' : 'AND'} (${list(groupBy)}) > (${last.join(', ')})`,
    order === '' ? '' : `GROUP BY ${list(groupBy)} ORDER BY ${order}`,
    limit === undefined ? '' : `LIMIT $${params.length + after.length + 1}::bigint`,
  ];
  return { sql: text.join(' '), params: [...params, ...after, ...(limit === undefined ? [] : [limit])] };
}

const COMPARE = { from: '>=', after: '>', before: '<', upTo: '<=' } as const;

function condition(table: Table, where: Where = {}): { sql: string; params: PostgresValue[] } {
  const parts: string[] = [];
  const params: PostgresValue[] = [];
  for (const [column, wanted] of Object.entries(where)) {
    const type = typeOf(table, column);
    const add = (compare: string, param: Cell | readonly Cell[]) => {
      params.push(param as PostgresValue);
      parts.push(`${quoted(column)} ${compare.replace('?', `$${params.length}::${type}`)}`);
    };
    if (wanted === null) parts.push(`${quoted(column)} IS NULL`);
    else if (Array.isArray(wanted)) add('= ANY(?[])', wanted);
    else if (typeof wanted !== 'object') add('= ?', wanted);
    else
      for (const [bound, value] of Object.entries(wanted) as [keyof typeof COMPARE, ColumnValue | undefined][])
        if (value !== undefined) add(`${COMPARE[bound]} ?`, value);
  }
  return { sql: parts.length > 0 ? ` WHERE ${parts.join(' AND ')}` : '', params };
}
