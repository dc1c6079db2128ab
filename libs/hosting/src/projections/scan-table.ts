import type { ColumnValue, Row, Table } from '@tallystick/domain/kernel';
import type { ViewStore } from '@tallystick/eventing';
import { entityColumnOf } from '../stream/stream';

interface TableScan {
  readonly columns?: readonly string[];
  readonly generation?: string;
  readonly entityId?: string;
  readonly pageSize?: number;
}

/** All rows of a view's table in the order of its key, page by page: by stream, then by the second column of the key. */
export async function* scanTable(views: ViewStore, table: Table, scan: TableScan = {}): AsyncGenerator<readonly Row[]> {
  const { generation = '', pageSize = 2_000 } = scan;
  const entity = entityColumnOf(table);
  if (scan.entityId !== undefined) return yield* entityRows(views, table, scan.entityId, scan);
  for (let after: ColumnValue = ''; ;) {
    const query = { where: { [entity]: { after } }, order: [entity], limit: pageSize };
    if (table.key.length === 1) {
      const rows = await views.find(table, { ...query, columns: scan.columns }, generation);
      if (rows.length > 0) yield rows;
      if (rows.length < pageSize) return;
      after = rows[rows.length - 1]![entity]!;
      continue;
    }
    const entities = await views.find(table, { ...query, columns: [entity], distinct: true }, generation);
    for (const row of entities) yield* entityRows(views, table, row[entity] as string, scan);
    if (entities.length < pageSize) return;
    after = entities[entities.length - 1]![entity]!;
  }
}

async function* entityRows(
  views: ViewStore,
  table: Table,
  entityId: string,
  scan: TableScan,
): AsyncGenerator<readonly Row[]> {
  const { generation = '', pageSize = 2_000, columns } = scan;
  const [entity, second] = table.key as readonly [string, string?];
  for (let after: ColumnValue | undefined; ;) {
    const where = {
      [entity]: entityId,
      ...(second !== undefined && after !== undefined && { [second]: { after } }),
    };
    const rows = await views.find(table, { where, order: table.key, limit: pageSize, columns }, generation);
    const isCut = second !== undefined && rows.length === pageSize;
    const whole = isCut ? await withWholeGroups(views, table, rows, entityId, scan) : rows;
    if (whole.length > 0) yield whole;
    if (rows.length < pageSize || second === undefined) return;
    after = whole[whole.length - 1]![second]!;
  }
}

/** A page may end within rows with the same second key column. They are read with the next page, or all at once if they fill the page. */
async function withWholeGroups(
  views: ViewStore,
  table: Table,
  rows: readonly Row[],
  entityId: string,
  { generation = '', columns }: TableScan,
): Promise<readonly Row[]> {
  const [entity, second] = table.key as readonly [string, string];
  const last = rows[rows.length - 1]![second]!;
  const whole = rows.filter((row) => row[second] !== last);
  if (whole.length > 0) return whole;
  return views.find(table, { where: { [entity]: entityId, [second]: last }, order: table.key, columns }, generation);
}
