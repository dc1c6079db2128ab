import { LOG_START } from '@tallystick/eventing';
import type { ViewQuery, Row, Table, ViewStore } from '@tallystick/eventing';
import { totals } from './view-totals.contract';

const aTable = (name: string, more: Partial<Table> = {}): Table => ({
  name,
  columns: { organization: 'text', day: 'text', credits: 'integer', note: 'text' },
  key: ['organization', 'day'],
  indexes: [['credits'], ['note', 'day']],
  ...more,
});
const row = (organization: string, day: string, credits: number | null, note: string | null = null): Row => ({
  organization,
  day,
  credits,
  note,
});
const ROWS = [
  row('a', '01', 10, 'x'),
  row('a', '02', 20, 'y'),
  row('b', '01', 30, 'x'),
  row('b', '03', null, 'Ω 🧾'),
  row('c', '02', 50),
];

const FOUND: readonly (readonly [string, ViewQuery, readonly number[]])[] = [
  ['a value', { where: { organization: 'a' } }, [0, 1]],
  ['a list', { where: { organization: ['a', 'c', 'z'] } }, [0, 1, 4]],
  ['an empty list', { where: { organization: [] } }, []],
  ['null', { where: { credits: null } }, [3]],
  ['from and before', { where: { credits: { from: 20, before: 50 } } }, [1, 2]],
  ['after and up to', { where: { credits: { after: 20, upTo: 50 } } }, [2, 4]],
  ['several conditions', { where: { note: 'x', day: { upTo: '01' }, organization: ['b', 'c'] } }, [2]],
  ['text beyond ASCII', { where: { note: 'Ω 🧾' } }, [3]],
  ['an order downwards', { order: ['-day', 'organization'] }, [3, 1, 4, 0, 2]],
  ['a limit', { order: ['organization', '-day'], limit: 2 }, [1, 0]],
];

/** The contract of every view store. `open` returns an empty one; the suite closes it. */
export function viewStoreContract(name: string, open: () => Promise<ViewStore>): void {
  describe(`${name} keeps the contract of view stores`, () => {
    let store: ViewStore;
    let table: Table;
    let tables = 0;
    beforeAll(async () => void (store = await open()));
    afterAll(() => store.close());
    beforeEach(async () => {
      table = aTable(`view_${++tables}`);
      await store.open([table]);
      await store.commit([{ table, checkpoint: { position: 7 }, put: ROWS }]);
    });
    const all = (generation = '') => store.find(table, { order: ['organization', 'day'] }, generation);

    reading(() => [store, table] as const);
    totals(() => [store, table] as const);
    checkpoints(() => [store, table] as const);
    writing(() => [store, table] as const, all);
    rebuilding(() => [store, table] as const, all);
  });
}

export type OpenedViewStore = () => readonly [store: ViewStore, table: Table];

function reading(opened: OpenedViewStore): void {
  it('gets rows in the order of the keys', async () => {
    const [store, table] = opened();
    expect(
      await store.get(table, [
        ['b', '03'],
        ['x', '01'],
        ['a', '01'],
      ]),
    ).toEqual([ROWS[3], undefined, ROWS[0]]);
    expect(await store.get(table, [])).toEqual([]);
  });

  it.each(FOUND)('finds by %s', async (_, query, expected) => {
    const [store, table] = opened();
    expect(await store.find(table, { order: ['organization', 'day'], ...query })).toEqual(expected.map((i) => ROWS[i]));
  });

  it('finds some columns, each combination once', async () => {
    const [store, table] = opened();
    const query = { columns: ['organization'], distinct: true, order: ['organization'] };
    expect(await store.find(table, query)).toEqual([
      { organization: 'a' },
      { organization: 'b' },
      { organization: 'c' },
    ]);
  });
}

const positionOf = async (store: ViewStore, table: Table, generation?: string): Promise<number> =>
  (await store.checkpoint(table, generation)).position;

function checkpoints(opened: OpenedViewStore): void {
  it('starts before the log and remembers how far it has come', async () => {
    const [store, table] = opened();
    expect(await positionOf(store, aTable('unknown'))).toBe(LOG_START);
    expect(await positionOf(store, table)).toBe(7);
    await store.commit([{ table, checkpoint: { position: 9 }, put: [] }]);
    expect(await positionOf(store, table)).toBe(9);
  });

  it('keeps which log and which event a checkpoint names, in every generation', async () => {
    const [store, table] = opened();
    const checkpoint = { position: 9, log: 'd6e5…', id: '4fb1…' };
    await store.commit([{ table, checkpoint, put: [] }]);
    expect(await store.checkpoint(table)).toEqual(checkpoint);
    await store.open([table], 'next');
    expect(await store.checkpoint(table, 'next')).toEqual({ position: LOG_START });
    await store.commit([{ table, checkpoint: { ...checkpoint, position: 12 }, put: [] }], 'next');
    await store.promote(table, 'next', 9);
    expect(await store.checkpoint(table)).toEqual({ ...checkpoint, position: 12 });
    await store.commit([{ table, checkpoint: { position: 13 }, put: [] }]);
    expect(await store.checkpoint(table)).toEqual({ position: 13 });
  });
}

function writing(opened: OpenedViewStore, all: (generation?: string) => Promise<readonly Row[]>): void {
  it('replaces rows by key and removes before it writes', async () => {
    const [store, table] = opened();
    await store.commit([
      {
        table,
        checkpoint: { position: 8 },
        remove: [{ organization: 'a' }, { credits: { from: 50 } }],
        put: [row('a', '02', 21), row('b', '01', 31)],
      },
    ]);
    expect(await all()).toEqual([row('a', '02', 21), row('b', '01', 31), ROWS[3]]);
  });

  it('writes rows and checkpoints of all changes, or none of them', async () => {
    const [store, table] = opened();
    const other = aTable(`${table.name}_other`);
    const commit = store.commit([
      { table, checkpoint: { position: 8 }, put: [row('z', '01', 1)] },
      { table: other, checkpoint: { position: 8 }, put: [row('z', '01', 1)] },
    ]);
    await expect(commit).rejects.toThrow();
    expect(await positionOf(store, table)).toBe(7);
    expect(await all()).toEqual(ROWS);
  });

  it('commits nothing for a writer who is not where the view is', async () => {
    const [store, table] = opened();
    const other = aTable(`${table.name}_other`);
    await store.open([other]);
    const changes = (from: number) => [
      { table: other, checkpoint: { position: 8 }, from: LOG_START, put: [row('z', '01', 1)] },
      { table, checkpoint: { position: 8 }, from, put: [row('z', '01', 1)] },
    ];
    await expect(store.commit(changes(6))).rejects.toThrow();
    expect([await all(), await positionOf(store, table), await positionOf(store, other)]).toEqual([ROWS, 7, LOG_START]);
    await store.commit(changes(7));
    await expect(store.commit(changes(7))).rejects.toThrow();
    expect([await positionOf(store, table), await positionOf(store, other)]).toEqual([8, 8]);
  });

  it('writes the last version of a row that appears twice in a batch', async () => {
    const [store, table] = opened();
    await store.commit([{ table, checkpoint: { position: 8 }, put: [row('a', '01', 1), row('a', '01', 2)] }]);
    expect(await store.get(table, [['a', '01']])).toEqual([row('a', '01', 2)]);
  });

  it('takes many rows at once', async () => {
    const [store, table] = opened();
    const many = Array.from({ length: 5_000 }, (_, i) => row('m', String(i).padStart(5, '0'), i));
    await store.commit([{ table, checkpoint: { position: 8 }, put: many }]);
    expect(await store.find(table, { where: { organization: 'm' }, order: ['day'] })).toEqual(many);
  });
}

function rebuilding(opened: OpenedViewStore, all: (generation?: string) => Promise<readonly Row[]>): void {
  it('keeps its rows when it is opened again, and starts empty when the definition has changed', async () => {
    const [store, table] = opened();
    await store.open([table]);
    expect(await all()).toEqual(ROWS);
    for (const change of [
      { indexes: [] },
      { key: ['day', 'organization'] },
      { columns: { ...table.columns, more: 'text' as const } },
    ]) {
      await store.commit([{ table, checkpoint: { position: 7 }, put: ROWS }]);
      const changed = { ...table, ...change };
      await store.open([changed]);
      expect([await positionOf(store, changed), await store.find(changed, {})]).toEqual([LOG_START, []]);
      await store.open([table]);
    }
  });

  it('builds a generation beside the served one, and puts it in its place, again and again', async () => {
    const [store, table] = opened();
    for (const round of [1, 2, 3]) {
      await store.open([table], 'next');
      expect(await positionOf(store, table, 'next')).toBe(LOG_START);
      const before = await all();
      await store.commit([{ table, checkpoint: { position: round }, put: [row('n', '01', round)] }], 'next');
      expect([await all(), await all('next')]).toEqual([before, [row('n', '01', round)]]);
      expect(await store.get(table, [['n', '01']], 'next')).toEqual([row('n', '01', round)]);
      await store.promote(table, 'next');
      expect([await all(), await positionOf(store, table), await positionOf(store, table, 'next')]).toEqual([
        [row('n', '01', round)],
        round,
        LOG_START,
      ]);
      await store.open([table]);
      expect(await all()).toHaveLength(1);
    }
  });

  it('promotes nothing for one who is not where the served view is', async () => {
    const [store, table] = opened();
    await store.open([table], 'next');
    await store.commit([{ table, checkpoint: { position: 7 }, put: [] }], 'next');
    await expect(store.promote(table, 'next', 6)).rejects.toThrow();
    expect([await all(), await positionOf(store, table)]).toEqual([ROWS, 7]);
    await store.promote(table, 'next', 7);
    expect([await all(), await positionOf(store, table)]).toEqual([[], 7]);
  });

  it('grants the lease to the first process, and returns the position of the views', async () => {
    const [store, table] = opened();
    const stop = new AbortController();
    const lead = await store.acquireLease([table], { signal: stop.signal });
    expect(lead!.ended.aborted).toBe(false);
    await store.commit([{ table, checkpoint: { position: 9 }, from: 7, put: [] }]);
    expect(await store.waitForCommit([table], 8, stop.signal)).toBe(9);
    stop.abort();
    expect(lead!.ended.aborted).toBe(true);
    await lead!.release();
  });

  it('drops a view with its checkpoint', async () => {
    const [store, table] = opened();
    await store.drop(table);
    expect(await positionOf(store, table)).toBe(LOG_START);
    await store.open([table]);
    expect(await all()).toEqual([]);
  });
}
