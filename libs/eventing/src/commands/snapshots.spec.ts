import { chainBreaches, wholeLog } from '@tallystick/eventing-testing';
import { cut, openTill, storedAndCut, type TillEvent, type TillState, TillStore } from '../../support/till';
import { RevisionGap } from '../errors';
import type { Snapshot } from '../ports/event-store';

let store: TillStore;
beforeEach(() => (store = new TillStore()));

const open = (options: Parameters<typeof openTill>[1] = {}) => openTill(store, options);

describe('a snapshot', () => {
  let damaged: unknown[];
  const snapshots = {
    schemaVersion: 1,
    onDamaged: (...what: unknown[]) => void damaged.push(what),
    every: () => 2,
    save: (state: TillState) => JSON.stringify(state),
    load: (json: string) => JSON.parse(json) as TillState,
  };
  const saved = async (change: (snapshot: Snapshot) => Snapshot = (snapshot) => snapshot) => {
    for (const item of ['x', 'y', 'z']) await open({ snapshots }).execute('a', { item });
    await store.saveSnapshot('a', change((await store.loadSnapshot('a'))!));
    store.reads = [];
    damaged = [];
    return open({ snapshots }).read('a', ({ items }) => [...items]);
  };
  const all = { value: ['x', 'y', 'z'], revision: 2 };

  it('saves a cold load the events that it holds', async () => {
    expect(await saved()).toEqual(all);
    expect((await store.loadSnapshot('a'))?.revision).toBe(1);
    expect(store.reads[0]).toBe(1);
  });

  it.each<[string, (snapshot: Snapshot) => Snapshot, unknown[]]>([
    ['that is damaged', (snapshot) => ({ ...snapshot, state: snapshot.state.replace('x', 'u') }), [['a', 1]]],
    ['of another shape', (snapshot) => ({ ...snapshot, schemaVersion: 2 }), []],
  ])('%s is not read: the whole stream is', async (_, change, reported) => {
    expect(await saved(change)).toEqual(all);
    expect(damaged).toEqual(reported);
    expect(store.reads[0]).toBe(0);
  });

  it('is used once everything trimmed from it can be looked up', async () => {
    await saved();
    const lookups: unknown[] = [];
    const reached = async (...about: unknown[]) => void lookups.push(about);
    expect(await open({ snapshots: { ...snapshots, waitForIndex: reached } }).read('a', ({ sum }) => sum)).toEqual({
      value: 3,
      revision: 2,
    });
    expect(lookups).toEqual([['a', expect.objectContaining({ sum: 3 })]]);
  });
});

describe('a snapshot is held against the stream', () => {
  const snapshots = {
    schemaVersion: 1,
    every: () => 2,
    save: (state: TillState) => JSON.stringify(state),
    load: (json: string) => JSON.parse(json) as TillState,
  };
  const saved = async () => {
    for (const item of ['x', 'y', 'z']) await open({ snapshots }).execute('a', { item });
    return (await store.loadSnapshot('a'))!;
  };
  const items = (till: ReturnType<typeof open>) => till.read('a', (state) => [...state.items]);

  it.each<[string, (snapshot: Snapshot) => Partial<Snapshot>]>([
    ['id', () => ({ eventId: 'of another stream' })],
    ['hash', () => ({ head: 'of another stream' })],
  ])('with another %s at its revision it is not used', async (_, changed) => {
    const snapshot = await saved();
    await store.saveSnapshot('a', { ...snapshot, ...changed(snapshot) });
    store.reads = [];
    expect((await items(open({ snapshots }))).value).toEqual(['x', 'y', 'z']);
    expect(store.reads).toContain(0);
  });

  it('with no event at its revision the stream stops', async () => {
    const snapshot = await saved();
    await store.saveSnapshot('a', { ...snapshot, revision: 7 });
    const read = items(open({ snapshots }));
    await expect(read).rejects.toMatchObject({ name: 'StreamQuarantined', cause: new RevisionGap('a', 7, 8) });
    await expect(read).rejects.toThrow('a is stopped: Stream a lacks revisions 7 to 7.');
  });
});

describe('the chain of hashes', () => {
  const snapshots = {
    schemaVersion: 1,
    every: () => 2,
    save: (state: TillState) => JSON.stringify(state),
    load: (json: string) => JSON.parse(json) as TillState,
  };
  const before = (options = {}) => open({ snapshots, chained: false, ...options });
  const now = (options = {}) => open({ snapshots, ...options });
  let item = 0;
  const write = async (till: ReturnType<typeof open>, times = 1) => {
    for (let i = 0; i < times; i++) await till.execute('a', { item: `i${(item += 1)}`, add: 0 });
  };
  const hashes = async () => (await wholeLog(store)).map(({ metadata }) => Number('hash' in (metadata as object)));
  afterEach(async () => expect(chainBreaches(await wholeLog(store))).toEqual([]));

  it('has one hash for each append, on its last event', async () => {
    const till = now();
    await Promise.all(['p', 'q', 'r'].map((name) => till.execute('a', { item: name })));
    await write(till, 2);
    expect(await hashes()).toEqual([0, 0, 1, 1, 1]);
  });

  it('goes on where an answer was lost, an append came late, or another process has written', async () => {
    const [till, other] = [now(), now()];
    await write(till);
    store.failures.push(storedAndCut);
    await write(till);
    expect(store.appends[2]).toEqual(store.appends[1]);
    await write(other);
    await write(till);
    store.failures.push(cut, cut);
    await write(till);
    expect(await hashes()).toEqual([1, 1, 1, 1, 1]);
  });

  it('covers what an older version has written in between', async () => {
    const [old, till] = [before(), now()];
    await write(till);
    await write(old, 3);
    await write(till);
    expect(await hashes()).toEqual([1, 0, 0, 0, 1]);
  });

  it('begins in an older stream behind its last event, and reads no more of it than the snapshot needs', async () => {
    await write(before(), 9);
    const { revision } = (await store.loadSnapshot('a'))!;
    store.reads = [];
    await write(now());
    // The first page shows whether the stream began with hashes.
    expect(store.reads).toEqual([revision, 0]);
    expect(await hashes()).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
  });

  it.each([
    ['a new stream', 0],
    ['an older stream', 3],
  ])('is found behind a snapshot that an older version has saved: %s', async (_, older) => {
    await write(before({ snapshots: undefined }), older);
    await write(now({ snapshots: undefined }), 2);
    const old = before();
    await write(old, 6);
    expect(await store.loadSnapshot('a')).not.toHaveProperty('eventId');
    await write(now());
    await write(now(), 4);
    expect(await store.loadSnapshot('a')).toMatchObject({
      eventId: expect.any(String),
      head: expect.any(String),
    });
  });

  it('is found there in a long stream from where it started', async () => {
    await write(before({ snapshots: undefined }), 1_100);
    await write(now({ snapshots: undefined }));
    await write(before(), 6);
    const { revision } = (await store.loadSnapshot('a'))!;
    store.reads = [];
    await write(now());
    expect(store.reads).toEqual([revision, 1_099]);
  });

  it('is not saved while events are open, and saved with the append that covers them', async () => {
    const till = now();
    await write(till);
    await write(before({ snapshots: undefined }), 5);
    await till.read('a', ({ sum }) => sum);
    expect(await store.loadSnapshot('a')).toBeUndefined();
    await write(till);
    expect(await store.loadSnapshot('a')).toMatchObject({ revision: 6 });
  });

  it('stores an event as the stream’s own codec gives it', async () => {
    const encode = ({ type, data }: TillEvent) => ({ type, data, metadata: { schemaVersion: 1, $by: 'me' } });
    await write(now({ encode }));
    expect((await wholeLog(store))[0]!.metadata).toEqual({ schemaVersion: 1, $by: 'me', hash: expect.any(String) });
  });
});
