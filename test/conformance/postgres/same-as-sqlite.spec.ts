import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { SqliteViewStore } from '@tallystick/adapters/embedded';
import { PostgresViewStore } from '@tallystick/adapters/postgres';
import { LOG_START, type ViewQuery, type Row, type Table, type ViewStore, type Where } from '@tallystick/eventing';
import { describeWithPostgres } from '../../support/postgres/describe-with-postgres';

const COLUMNS = { owner: 'text', day: 'integer', note: 'text', amount: 'integer' } as const;
type ColumnName = keyof typeof COLUMNS;
const NAMES = Object.keys(COLUMNS) as ColumnName[];
const table: Table = {
  name: 'random',
  columns: COLUMNS,
  key: ['owner', 'day'],
  indexes: [['note', 'amount'], ['amount']],
};

// Few values, so that rows collide; texts that sort differently by bytes than by language, case or UTF-16.
const text = fc.constantFrom<string[]>(
  '',
  'a',
  'A',
  'ab',
  'b',
  'B',
  'z',
  'ä',
  'é',
  'e\u0301',
  '~',
  ' ',
  '"',
  '\\',
  ',',
  '{',
  'NULL',
  'null',
  '\uFFFD',
  '🧾',
  'Ω',
  '10',
  '9',
  '\u0001',
  '\u0001\u0002',
  "'",
  '%',
  '\n',
);
const whole = fc.oneof(
  fc.integer({ min: -3, max: 12 }),
  fc.constantFrom(Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, 2 ** 31, -(2 ** 31) - 1),
);
const valueOf = (column: ColumnName): fc.Arbitrary<string | number> => (COLUMNS[column] === 'text' ? text : whole);
const orNull = (column: ColumnName) => fc.option(valueOf(column), { freq: 5 });

const row: fc.Arbitrary<Row> = fc.record({
  owner: text,
  day: fc.integer({ min: 0, max: 9 }),
  note: orNull('note'),
  // Their sum must stay exact.
  amount: fc.option(fc.integer({ min: -1_000, max: 1_000 }), { freq: 5 }),
});
const conditionOn = (column: ColumnName) =>
  fc.oneof(
    orNull(column),
    fc.array(orNull(column), { maxLength: 4 }),
    fc.record(
      { from: valueOf(column), after: valueOf(column), before: valueOf(column), upTo: valueOf(column) },
      { requiredKeys: [] },
    ),
  );
const oneCondition = fc
  .constantFrom(...NAMES)
  .chain((column) => conditionOn(column).map((condition) => ({ [column]: condition })));
/** Mostly few conditions, because many conditions leave hardly any row to compare. */
const where = fc.oneof(
  fc.constant({}),
  oneCondition,
  oneCondition,
  fc.tuple(oneCondition, oneCondition).map(([one, two]) => ({ ...one, ...two })),
) as fc.Arbitrary<Where>;
const some = fc.subarray(NAMES, { minLength: 1 });
const signed = (columns: readonly string[]) =>
  fc
    .array(fc.boolean(), { minLength: columns.length, maxLength: columns.length })
    .map((down) => columns.map((column, i) => (down[i] ? `-${column}` : column)));
/** Sorts rows with equal sort keys, whose order is undefined. */
const query: fc.Arbitrary<ViewQuery> = fc.oneof(
  fc
    .record({ where, head: fc.subarray(NAMES), limit: fc.option(fc.nat(8), { nil: undefined }) })
    .chain(({ head, ...rest }) => signed([...new Set([...head, ...table.key])]).map((order) => ({ ...rest, order }))),
  fc
    .record({ where, columns: some, distinct: fc.constant(true) })
    .chain((rest) => signed(rest.columns).map((order) => ({ ...rest, order }))),
);
const totals = fc.record({
  where,
  groupBy: fc.subarray(NAMES.filter((column) => column !== 'amount')),
  sum: fc.constantFrom<string[]>(['amount'], []),
});

describeWithPostgres('PostgreSQL and SQLite', (postgres) => {
  let stores: ViewStore[];
  let directory: string;
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'tallystick-'));
    // A database with a language-specific default sort order.
    await postgres().operator.query(
      `CREATE DATABASE sorted TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en-US' LOCALE 'C'`,
    );
    stores = await Promise.all<ViewStore>([
      PostgresViewStore.open({ url: postgres().url('sorted') }),
      SqliteViewStore.open(join(directory, 'views.db')),
    ]);
  });
  afterAll(async () => {
    await Promise.all(stores.map((store) => store.close()));
    rmSync(directory, { recursive: true, force: true });
  });

  it('return the same rows in the same order for any query', async () => {
    const batch = fc.record({
      put: fc.array(row, { maxLength: 30 }),
      remove: fc.array(oneCondition as fc.Arbitrary<Where>, { maxLength: 2 }),
    });
    const property = fc.asyncProperty(
      fc.array(batch, { minLength: 1, maxLength: 3 }),
      fc.array(query, { minLength: 12, maxLength: 12 }),
      fc.array(totals, { minLength: 4, maxLength: 4 }),
      async (batches, queries, sums) => {
        const [ours, theirs] = await Promise.all(
          stores.map(async (store) => {
            await store.drop(table);
            await store.open([table]);
            for (const [at, { put, remove }] of batches.entries())
              await store.commit([
                { table, from: at === 0 ? LOG_START : at, checkpoint: { position: at + 1 }, put, remove },
              ]);
            const keys = batches.flatMap(({ put }) => put.map(({ owner, day }) => [owner!, day!]));
            const found = await Promise.all(queries.map((each) => store.find(table, each)));
            const summed = await Promise.all(sums.map((each) => store.total(table, each)));
            return { found, summed, got: await store.get(table, [...keys, ['unknown', 1]]) };
          }),
        );
        expect(ours).toEqual(theirs);
      },
    );
    await fc.assert(property, { numRuns: 60 });
  });

  it.each(['\u0000', 'a\u0000b', '\u0000\u0001\u0002', '\u0001\u0001'])(
    'PostgreSQL stores %j separately, because its text type does not support it',
    async (owner) => {
      const store = stores[0]!;
      await store.drop(table);
      await store.open([table]);
      const one = { owner, day: 1, note: owner, amount: null };
      const two = { ...one, owner: `${owner}b` };
      await store.commit([{ table, checkpoint: { position: 1 }, put: [two, one] }]);
      const query = { where: { owner: { from: owner } }, order: ['owner'] };
      expect(await store.find(table, query)).toEqual([one, two]);
      expect(await store.get(table, [[owner, 1]])).toEqual([one]);
    },
  );
});
