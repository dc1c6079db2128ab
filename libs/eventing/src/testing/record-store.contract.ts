import type { RecordStore } from '../record-store';

/** What every record store keeps. `open` makes an empty one; the suite closes it. */
export function recordStoreContract(name: string, open: () => Promise<RecordStore>): void {
  describe(`${name} keeps the contract of record stores`, () => {
    let store: RecordStore;
    beforeAll(async () => void (store = await open()));
    afterAll(() => store.close());
    let collection: string;
    let collections = 0;
    beforeEach(() => void (collection = `c${++collections}`));
    const opened = () => [store, collection] as const;
    keeping(opened);
    expiring(opened);
  });
}

type Opened = () => readonly [store: RecordStore, collection: string];

function keeping(opened: Opened): void {
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

  it('lets only the first of many writers of a new key through', async () => {
    const [store, collection] = opened();
    const won = await Promise.all([1, 2, 3, 4].map((value) => store.putNew(collection, { key: 'a', value })));
    expect(won.filter(Boolean)).toHaveLength(1);
    expect(await store.get(collection, ['a'], 0)).toEqual([won.indexOf(true) + 1]);
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

  it('removes what it is told to remove', async () => {
    const [store, collection] = opened();
    await store.put(
      collection,
      ['a', 'b', 'c'].map((key) => ({ key, value: key })),
    );
    await store.remove(collection, ['a', 'c', 'x']);
    expect(await store.get(collection, ['a', 'b', 'c'], 0)).toEqual([undefined, 'b', undefined]);
  });
}

function expiring(opened: Opened): void {
  it('frees the key of an expired record for those who say what time it is', async () => {
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
    expect(
      (await store.list(collection, { prefix: '', limit: 9, now: 1_000 })).map(({ key }) => key),
    ).toEqual(['b', 'c']);
    expect(await store.purge(1_000)).toBeGreaterThanOrEqual(1);
    expect(await store.purge(1_000)).toBe(0);
    expect(await store.get(collection, ['a', 'b', 'c'], 0)).toEqual([undefined, 2, 3]);
  });
}
