import type { Row, Table, ColumnValue, ViewStore } from '@tallystick/eventing';

interface Scan {
  readonly columns?: readonly string[];
  readonly generation?: string;
  readonly organizationId?: string;
  readonly pageSize?: number;
}

/** All rows of a view's table in the order of its key, page by page: first by organization, then by the key's second column. */
export async function* scanTable(views: ViewStore, table: Table, scan: Scan = {}): AsyncGenerator<readonly Row[]> {
  const { generation = '', pageSize = 2_000 } = scan;
  if (scan.organizationId !== undefined) return yield* organizationRows(views, table, scan.organizationId, scan);
  for (let after: ColumnValue = ''; ;) {
    const query = { where: { organizationId: { after } }, order: ['organizationId'], limit: pageSize };
    if (table.key.length === 1) {
      const rows = await views.find(table, { ...query, columns: scan.columns }, generation);
      if (rows.length > 0) yield rows;
      if (rows.length < pageSize) return;
      after = rows[rows.length - 1]!.organizationId!;
      continue;
    }
    const organizations = await views.find(
      table,
      { ...query, columns: ['organizationId'], distinct: true },
      generation,
    );
    for (const { organizationId } of organizations)
      yield* organizationRows(views, table, organizationId as string, scan);
    if (organizations.length < pageSize) return;
    after = organizations[organizations.length - 1]!.organizationId!;
  }
}

async function* organizationRows(
  views: ViewStore,
  table: Table,
  organizationId: string,
  scan: Scan,
): AsyncGenerator<readonly Row[]> {
  const { generation = '', pageSize = 2_000, columns } = scan;
  const [, second] = table.key;
  for (let after: ColumnValue | undefined; ;) {
    const where = {
      organizationId,
      ...(second !== undefined && after !== undefined && { [second]: { after } }),
    };
    const rows = await views.find(table, { where, order: table.key, limit: pageSize, columns }, generation);
    const isCut = second !== undefined && rows.length === pageSize;
    const whole = isCut ? await withWholeGroups(views, table, rows, organizationId, scan) : rows;
    if (whole.length > 0) yield whole;
    if (rows.length < pageSize || second === undefined) return;
    after = whole[whole.length - 1]![second]!;
  }
}

/** A page may end within the rows that share their second key column: those are read with the next page, or all at once where they fill the page. */
async function withWholeGroups(
  views: ViewStore,
  table: Table,
  rows: readonly Row[],
  organizationId: string,
  { generation = '', columns }: Scan,
): Promise<readonly Row[]> {
  const second = table.key[1]!;
  const last = rows[rows.length - 1]![second]!;
  const whole = rows.filter((row) => row[second] !== last);
  if (whole.length > 0) return whole;
  return views.find(table, { where: { organizationId, [second]: last }, order: table.key, columns }, generation);
}
