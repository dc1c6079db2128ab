import { type Row, type Table } from '@tallystick/eventing';
import { InMemoryViewStore } from '@tallystick/eventing-testing';
import fc from 'fast-check';
import { scanTable } from './scan-table';

const tableOf = (key: readonly string[]): Table => ({
  name: 'rows',
  columns: { organizationId: 'text', day: 'text', project: 'text', operation: 'text', sum: 'integer' },
  key,
  indexes: [],
});
const KEYS = [['organizationId'], ['organizationId', 'day'], ['organizationId', 'day', 'project', 'operation']];
const small = fc.integer({ min: 0, max: 6 }).map(String);
const row = fc.record({
  organizationId: small,
  day: small,
  project: small,
  operation: small,
  sum: fc.nat(9),
});

async function scanned(table: Table, rows: readonly Row[], scan: Parameters<typeof scanTable>[2]) {
  const views = new InMemoryViewStore();
  await views.open([table]);
  await views.commit([{ table, checkpoint: { position: 0 }, put: rows }]);
  const { entityId: organizationId } = scan!;
  const all = await views.find(table, { where: organizationId === undefined ? {} : { organizationId } });
  const found: Row[] = [];
  for await (const page of scanTable(views, table, scan)) found.push(...page);
  return { all, found };
}

describe.each(KEYS.map((key) => ({ key })))('rows named by $key', ({ key }) => {
  /** Rows that share the first two columns of the key must fit into a page. */
  const widest = (rows: readonly Row[]): number => {
    const groups = new Map<string, Set<string>>();
    for (const one of rows) {
      const group = key
        .slice(0, 2)
        .map((column) => one[column])
        .join();
      groups.set(group, (groups.get(group) ?? new Set()).add(key.map((column) => one[column]).join()));
    }
    return Math.max(0, ...[...groups.values()].map(({ size }) => size));
  };

  test('pages of any size lose none, repeat none and keep the order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(row, { maxLength: 80 }), fc.integer({ min: 1, max: 7 }), async (rows, more) => {
        const { all, found } = await scanned(tableOf(key), rows, { pageSize: widest(rows) + more });
        expect(found).toEqual(all);
      }),
      { numRuns: 200 },
    );
  });

  test('one organization’s rows are its own, and all of them', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(row, { maxLength: 80 }), small, async (rows, organizationId) => {
        const { all, found } = await scanned(tableOf(key), rows, {
          pageSize: widest(rows) + 1,
          entityId: organizationId,
        });
        expect(found).toEqual(all);
      }),
      { numRuns: 100 },
    );
  });
});

test('a page that ends within more rows of one day than it holds loses none', async () => {
  const rows = Array.from({ length: 5 }, (_, i) => ({
    organizationId: 'o',
    day: '1',
    project: String(i),
    operation: 'read',
    sum: i,
  }));
  const { all, found } = await scanned(tableOf(KEYS[2]!), rows, { pageSize: 3 });
  expect(found).toEqual(all);
});

test('a copy is scanned, and only the requested columns', async () => {
  const views = new InMemoryViewStore();
  const table = tableOf(['organizationId', 'day']);
  await views.open([table], 'copy');
  const put = ['1', '2', '3'].map((day) => ({
    organizationId: 'o',
    day,
    project: 'p',
    operation: 'read',
    sum: 1,
  }));
  await views.commit([{ table, checkpoint: { position: 0 }, put }], 'copy');
  const pages: unknown[] = [];
  const columns = ['organizationId', 'day'];
  for await (const page of scanTable(views, table, { generation: 'copy', pageSize: 2, columns })) pages.push(page);
  expect(pages.flat()).toEqual(['1', '2', '3'].map((day) => ({ organizationId: 'o', day })));
});
