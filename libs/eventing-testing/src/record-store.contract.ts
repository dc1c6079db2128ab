import type { RecordStore } from '@tallystick/eventing';

/**
 * The contract of every record store. `open` returns an empty one; the suite closes it. Where several processes may share one store,
 * `again` opens it as another process does, and the races are run between the two.
 */
export function recordStoreContract(
  name: string,
  open: () => Promise<RecordStore>,
  again?: () => Promise<RecordStore>,
): void {
  describe(`${name} keeps the contract of record stores`, () => {
    let store: RecordStore;
    let other: RecordStore;
    beforeAll(async () => {
      store = await open();
      other = (await again?.()) ?? store;
    });
    afterAll(async () => {
      if (other !== store) await other.close();
      await store.close();
    });
    let collection: string;
    let collections = 0;
    beforeEach(() => void (collection = `c${++collections}`));
    const opened = () => [store, collection] as const;
    keeping(opened);
    expiring(opened);
    replacing(opened);
    racing(opened, () => other);
  });
}

type OpenedRecordStore = () => readonly [store: RecordStore, collection: string];

function keeping(opened: OpenedRecordStore): void {
  it('gives values back in the order of the keys, and nothing where there is nothing', async () => {
    const [store, collection] = opened();
    await store.put(collection, [
      { key: 'a', value: { name: 'Łukasz 🧾', list: [1, null] } },
      { key: 'b', value: 'text' },
    ]);
    expect(await store.get(collection, ['b', 'x', 'a', 'b'], 0)).toEqual([
      'text',
      undefined,
      { name: 'Łukasz 🧾', list: [1, null] },
      'text',
    ]);
    expect(await store.get('another', ['a'], 0)).toEqual([undefined]);
    expect(await store.get(collection, [], 0)).toEqual([]);
  });

  it('replaces a record whole', async () => {
    const [store, collection] = opened();
    await store.put(collection, [{ key: 'a', value: 1, expiresAt: 5 }]);
    await store.put(collection, [{ key: 'a', value: 2 }]);
    expect(await store.get(collection, ['a'], 10)).toEqual([2]);
  });

  it('lists by prefix, in the order of keys, page after page', async () => {
    const [store, collection] = opened();
    await store.put(
      collection,
      ['b/2', 'a/1', 'b/10', 'b/1', 'c/1', 'b'].map((key) => ({ key, value: key, expiresAt: 50 })),
    );
    const page = await store.list(collection, { prefix: 'b/', limit: 2, now: 0 });
    expect(page).toEqual(['b/1', 'b/10'].map((key) => ({ key, value: key, expiresAt: 50 })));
    expect(
      (await store.list(collection, { prefix: 'b/', after: 'b/10', limit: 2, now: 0 })).map(({ key }) => key),
    ).toEqual(['b/2']);
  });

  it('removes the keys given', async () => {
    const [store, collection] = opened();
    await store.put(
      collection,
      ['a', 'b', 'c'].map((key) => ({ key, value: key })),
    );
    await store.remove(collection, ['a', 'c', 'x']);
    expect(await store.get(collection, ['a', 'b', 'c'], 0)).toEqual([undefined, 'b', undefined]);
  });
}

/** One record that is written if its value is still `from`. */
const change = (collection: string, key: string, from: unknown, value: unknown, expiresAt?: number) => ({
  ...{ collection, key, from, value },
  ...(expiresAt !== undefined && { expiresAt }),
});

function replacing(opened: OpenedRecordStore): void {
  it('writes free keys, leaves existing ones, and reports which', async () => {
    const [store, collection] = opened();
    await store.put(collection, [{ key: 'b', value: 'there' }]);
    const records = ['a', 'b', 'c'].map((key) => ({ key, value: `new ${key}`, expiresAt: 50 }));
    expect(await store.putFree(collection, records, 0)).toEqual(new Set(['a', 'c']));
    expect(await store.get(collection, ['a', 'b', 'c'], 0)).toEqual(['new a', 'there', 'new c']);
    expect(await store.putFree(collection, records, 50)).toEqual(new Set(['a', 'c']));
    expect(await store.putFree(collection, [], 0)).toEqual(new Set());
    expect(await store.putNew(collection, records[1]!, 50)).toBe(false);
    const twice = [1, 2].map((value) => ({ key: 'd', value }));
    expect(await store.putFree(collection, twice, 0)).toEqual(new Set(['d']));
    expect(await store.get(collection, ['d'], 0)).toEqual([2]);
  });

  it.each<[string, unknown]>([
    ['a text', 'Łukasz\u0000\u0001 🧾 "quoted" \\'],
    ['an empty text', ''],
    ['null', null],
    ['false', false],
    ['a number', 1e21],
    ['a list', [1, null, [], {}]],
    ['members in an order of their own', { z: 1, a: { 10: 'x', 9: 'y' }, n: null, '': '' }],
  ])('replaces the value that was read: %s', async (_, value) => {
    const [store, collection] = opened();
    await store.put(collection, [{ key: 'a', value }]);
    const [from] = await store.get(collection, ['a'], 0);
    expect(await store.replace([change(collection, 'a', [from], 'new')], 0)).toBe(false);
    expect(await store.replace([change(collection, 'a', undefined, 'new')], 0)).toBe(false);
    expect(await store.replace([change(collection, 'a', from, 'new')], 0)).toBe(true);
    expect(await store.replace([change(collection, 'a', from, 'newer')], 0)).toBe(false);
    expect(await store.get(collection, ['a'], 0)).toEqual(['new']);
  });

  it('distinguishes a record with null from no record', async () => {
    const [store, collection] = opened();
    expect(await store.replace([change(collection, 'a', null, 1)], 0)).toBe(false);
    expect(await store.get(collection, ['a'], 0)).toEqual([undefined]);
    expect(await store.replace([change(collection, 'a', undefined, null)], 0)).toBe(true);
    expect(await store.replace([change(collection, 'a', undefined, 1)], 0)).toBe(false);
    expect(await store.replace([change(collection, 'a', null, 1)], 0)).toBe(true);
  });

  it('writes all of several records or none, in several collections', async () => {
    const [store, collection] = opened();
    const index = `${collection}-index`;
    await store.put(collection, [{ key: 'a', value: 1 }]);
    const fresh = change(index, 'one', undefined, 'a');
    const half = [fresh, change(collection, 'a', 2, 3)];
    for (const changes of [half, half.slice().reverse()]) expect(await store.replace(changes, 0)).toBe(false);
    expect(await store.get(index, ['one'], 0)).toEqual([undefined]);
    expect(await store.replace([fresh, change(collection, 'a', 1, 3)], 0)).toBe(true);
    expect(await store.replace([fresh, change(collection, 'a', 3, 4)], 0)).toBe(false);
    expect([...(await store.get(index, ['one'], 0)), ...(await store.get(collection, ['a'], 0))]).toEqual(['a', 3]);
    expect(await store.replace([], 0)).toBe(true);
  });

  it('takes a record that has expired for none', async () => {
    const [store, collection] = opened();
    const [first, second] = [change(collection, 'a', undefined, 1, 100), change(collection, 'a', 1, 2, 300)];
    expect(await store.replace([first], 0)).toBe(true);
    expect(await store.replace([second], 100)).toBe(false);
    expect(await store.replace([{ ...first, value: 5, expiresAt: 200 }], 99)).toBe(false);
    expect(await store.replace([{ ...first, value: 5, expiresAt: 200 }], 100)).toBe(true);
    expect(await store.replace([change(collection, 'a', 5, 6)], 199)).toBe(true);
    expect(await store.get(collection, ['a'], 1e15)).toEqual([6]);
    expect(await store.replace([change(collection, 'a', 6, 6, 500)], 500)).toBe(true);
    expect(await store.get(collection, ['a'], 500)).toEqual([undefined]);
  });
}

const WRITERS = 12;
const won = (outcomes: readonly boolean[]): number => outcomes.filter(Boolean).length;

function racing(opened: OpenedRecordStore, another: () => RecordStore): void {
  const race = (write: (store: RecordStore, writer: number) => Promise<boolean>) =>
    Promise.all(Array.from({ length: WRITERS }, (_, at) => write(at % 2 === 0 ? opened()[0] : another(), at)));

  it('lets only one of many writers of a new key through', async () => {
    const [store, collection] = opened();
    const outcomes = await race((one, value) => one.putNew(collection, { key: 'a', value }));
    expect(won(outcomes)).toBe(1);
    expect(await store.get(collection, ['a'], 0)).toEqual([outcomes.indexOf(true)]);
  });

  it('lets only one of many writers replace what all of them have read', async () => {
    const [store, collection] = opened();
    await store.put(collection, [{ key: 'a', value: 'first' }]);
    for (let round = 0; round < 10; round++) {
      const [from] = await store.get(collection, ['a'], 0);
      const outcomes = await race((one, writer) =>
        one.replace(
          [
            change(collection, `index/${round}/${writer}`, undefined, round),
            change(collection, 'a', from, `${round} ${writer}`),
          ],
          0,
        ),
      );
      expect(won(outcomes)).toBe(1);
      expect(await store.get(collection, ['a'], 0)).toEqual([`${round} ${outcomes.indexOf(true)}`]);
      const index = await store.list(collection, { prefix: `index/${round}/`, limit: 100, now: 0 });
      expect(index.map(({ key }) => key)).toEqual([`index/${round}/${outcomes.indexOf(true)}`]);
    }
  });

  it('loses no change of writers who read again after each refusal', async () => {
    const [store, collection] = opened();
    await store.put(collection, [{ key: 'sum', value: 0 }]);
    await race(async (one) => {
      for (;;) {
        const [sum] = await one.get(collection, ['sum'], 0);
        if (await one.replace([change(collection, 'sum', sum, (sum as number) + 1)], 0)) return true;
      }
    });
    expect(await store.get(collection, ['sum'], 0)).toEqual([WRITERS]);
  });

  it('lets writers of the same records in another order pass', async () => {
    const [store, collection] = opened();
    const keys = ['a', 'b', 'c'];
    const zeros = keys.map((key) => ({ key, value: 0 }));
    await store.put(collection, zeros);
    const outcomes = await race((one, writer) => {
      const ordered = writer % 3 === 0 ? keys : [...keys].reverse();
      return one.replace(
        ordered.map((key) => change(collection, key, 0, writer + 1)),
        0,
      );
    });
    expect(won(outcomes)).toBe(1);
    expect(await store.get(collection, keys, 0)).toEqual(keys.map(() => outcomes.indexOf(true) + 1));
  });
}

function expiring(opened: OpenedRecordStore): void {
  it('frees the key of an expired record for callers that give the time', async () => {
    const [store, collection] = opened();
    await store.put(collection, [{ key: 'a', value: 1, expiresAt: 100 }]);
    expect(await store.putNew(collection, { key: 'a', value: 2 }, 99)).toBe(false);
    expect(await store.putNew(collection, { key: 'a', value: 2, expiresAt: 300 }, 100)).toBe(true);
    expect(await store.get(collection, ['a'], 299)).toEqual([2]);
  });

  it('does not show what has expired, and purges it', async () => {
    const [store, collection] = opened();
    await store.put(collection, [
      { key: 'a', value: 1, expiresAt: 1_000 },
      { key: 'b', value: 2, expiresAt: 2_000 },
      { key: 'c', value: 3 },
    ]);
    expect(await store.get(collection, ['a', 'b', 'c'], 999)).toEqual([1, 2, 3]);
    expect(await store.get(collection, ['a', 'b', 'c'], 1_000)).toEqual([undefined, 2, 3]);
    expect((await store.list(collection, { prefix: '', limit: 9, now: 1_000 })).map(({ key }) => key)).toEqual([
      'b',
      'c',
    ]);
    expect(await store.purge(1_000)).toBeGreaterThanOrEqual(1);
    expect(await store.purge(1_000)).toBe(0);
    expect(await store.get(collection, ['a', 'b', 'c'], 0)).toEqual([undefined, 2, 3]);
  });

  it('purges only some collections, or all but some', async () => {
    const [store, collection] = opened();
    const other = `${collection}-other`;
    const purged = async (...scope: Parameters<typeof store.purge>) => {
      for (const name of [collection, other]) await store.put(name, [{ key: 'a', value: 1, expiresAt: 1_000 }]);
      await store.purge(...scope);
      return Promise.all([collection, other].map(async (name) => (await store.get(name, ['a'], 0))[0] === undefined));
    };
    expect(await purged(1_000, { only: [other] })).toEqual([false, true]);
    expect(await purged(1_000, { only: [] })).toEqual([false, false]);
    expect(await purged(1_000, { except: [other] })).toEqual([true, false]);
    expect(await purged(1_000, {})).toEqual([true, true]);
  });
}
