import type { View } from '@tallystick/domain/kernel';
import fc from 'fast-check';
import { InMemoryViewStore } from '@tallystick/eventing-testing';
import { ViewBuilder } from './view-builder';
import type { Row, Table } from '../ports/view-store';

/** Loans of a library: taken, brought back at a time, and forgotten when they were brought back before another. */
type LoanEvent =
  | { readonly what: 'take'; readonly book: number }
  | { readonly what: 'bring'; readonly book: number; readonly at: number }
  | { readonly what: 'forget'; readonly before: number };
type LoanModel = { readonly branch: string; readonly book: number; taken: number; backAt: number | null };

const LOANS: Table = {
  name: 'loans',
  columns: { branch: 'text', book: 'integer', taken: 'integer', backAt: 'integer' },
  key: ['branch', 'book'],
  indexes: [],
};
const loans: View<LoanEvent, LoanModel> = {
  table: LOANS,
  keysOf: (happening) => ('book' in happening ? [['main', happening.book]] : []),
  isFirst: () => false,
  read: (row, [branch, book]) =>
    ({ branch: branch as string, book: book as number, taken: 0, backAt: null, ...row }) as LoanModel,
  fold: (model, happening) => {
    if (happening.what === 'take') return Object.assign(model, { taken: model.taken + 1, backAt: null });
    return happening.what === 'bring' ? Object.assign(model, { backAt: happening.at }) : model;
  },
  write: (model) => ({ ...model }),
  removes: (happening) =>
    happening.what === 'forget' ? { branch: 'main', backAt: { before: happening.before } } : undefined,
};

const open = async (cachedRows?: number) => {
  const store = new InMemoryViewStore();
  await store.open([LOANS]);
  const builder = new ViewBuilder(loans as View<LoanEvent>, store, '', { position: -1 }, cachedRows);
  const take = async (batch: readonly LoanEvent[], position: number) => {
    await store.commit([await builder.change(batch, { position })]);
    builder.committed({ position });
  };
  const rows = (): Promise<readonly Row[]> => store.find(LOANS, { order: ['book'] });
  return { store, builder, take, rows };
};

const books = fc.integer({ min: 1, max: 4 });
const times = fc.integer({ min: 1, max: 9 });
const happening: fc.Arbitrary<LoanEvent> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ what: fc.constant('take' as const), book: books }) },
  { weight: 3, arbitrary: fc.record({ what: fc.constant('bring' as const), book: books, at: times }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('forget' as const), before: times }) },
);

test('any split into batches, with any cache, gives the rows of a plain fold, one by one', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(happening, { maxLength: 30 }),
      fc.array(fc.integer({ min: 1, max: 7 })),
      fc.integer({ min: 0, max: 5 }),
      async (all, sizes, cachedRows) => {
        const split = await open(cachedRows);
        for (let from = 0, turn = 0; from < all.length; turn++) {
          const size = sizes[turn % (sizes.length || 1)] ?? all.length;
          await split.take(all.slice(from, from + size), from);
          from += size;
        }
        expect(await split.rows()).toEqual(plainly(all));
      },
    ),
    { numRuns: 300 },
  );
});

/** The same without batches, stores or caches. */
function plainly(all: readonly LoanEvent[]): LoanModel[] {
  const rows = new Map<number, LoanModel>();
  for (const happening of all)
    if (happening.what === 'forget') {
      for (const [book, { backAt }] of rows) if (backAt !== null && backAt < happening.before) rows.delete(book);
    } else {
      const { book } = happening;
      const row = rows.get(book) ?? { branch: 'main', book, taken: 0, backAt: null };
      rows.set(book, loans.fold(row, happening));
    }
  return [...rows.values()].sort((a, b) => a.book - b.book);
}

test('what a batch puts and then removes is not there; what comes after the removal is', async () => {
  const { take, rows } = await open();
  const gone: LoanEvent[] = [
    { what: 'take', book: 1 },
    { what: 'bring', book: 1, at: 3 },
    { what: 'forget', before: 5 },
  ];
  await take([...gone, { what: 'take', book: 2 }], 3);
  expect(await rows()).toEqual([{ branch: 'main', book: 2, taken: 1, backAt: null }]);
  await take([{ what: 'take', book: 1 }], 4);
  expect((await rows())[0]).toMatchObject({ book: 1, taken: 1 });
});

test('after a commit that failed, the same batch gives the same rows', async () => {
  const { store, builder, take, rows } = await open();
  await take([{ what: 'take', book: 1 }], 0);
  await builder.change([{ what: 'take', book: 1 }], { position: 1 }); // and its commit never came about
  await builder.reload();
  expect(builder.checkpoint).toEqual(await store.checkpoint(LOANS));
  await take([{ what: 'take', book: 1 }], 1);
  expect(await rows()).toMatchObject([{ taken: 2 }]);
});

test('a busy row is read once, and all rows of a batch together', async () => {
  const { store, take } = await open();
  const reads: unknown[] = [];
  const get = store.get.bind(store);
  store.get = (table, keys, generation) => {
    reads.push(keys);
    return get(table, keys, generation);
  };
  await take(
    [
      { what: 'take', book: 1 },
      { what: 'take', book: 2 },
      { what: 'take', book: 1 },
    ],
    2,
  );
  await take([{ what: 'take', book: 1 }], 3);
  expect(reads).toEqual([
    [
      ['main', 1],
      ['main', 2],
    ],
  ]);
});
