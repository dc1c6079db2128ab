import { RevisionGap, StreamQuarantined } from '../errors';
import { add, away, nameOf, openOn, WordStore, words, type WordOptions, type WordList } from '../../support/words';

let store: WordStore;
beforeEach(() => (store = new WordStore()));
afterEach(() => jest.restoreAllMocks());
const open = (options: WordOptions = {}) => openOn(store, { pause: () => Promise.resolve(), ...options });

describe('a fault', () => {
  it('rejects the commands that wait behind it, at once; nothing of them is stored', async () => {
    const stopped = jest.fn();
    const list = open({ maxGroup: 1, onQuarantined: stopped });
    const executions = [add('x'), add('broken'), add('y'), add('z')].map((command) => list.execute('a', command));
    const outcomes = await Promise.allSettled(executions);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'rejected']);
    const reasons = outcomes.slice(1).map((outcome) => (outcome as PromiseRejectedResult).reason as unknown);
    expect(new Set(reasons)).toEqual(new Set(list.quarantinedStreams()));
    expect(stopped.mock.calls).toEqual([[list.quarantinedStreams()[0]]]);
    expect(store.sizes).toEqual([1]);
    await expect(list.read('a', words)).rejects.toBe(list.quarantinedStreams()[0]);
  });

  it('of the store rejects its own group alone: those who wait are decided', async () => {
    store.ends.push(away);
    const list = open({ maxGroup: 1 });
    const names = await Promise.all(['x', 'y'].map((word) => nameOf(list.execute('a', add(word)))));
    expect([names, list.quarantinedStreams()]).toEqual([['StoreUnavailable', 'done'], []]);
  });

  it('in tidying stops the stream, though what was stored is answered', async () => {
    const tidy = () => {
      throw new Error('not tidy');
    };
    const list = open({ trim: tidy });
    expect((await list.execute('a', add('x'))).revision).toBe(0);
    await list.stop();
    expect(list.quarantinedStreams()[0]).toMatchObject({ stream: 'a', cause: new Error('not tidy') });
  });

  it('keeps what was thrown as its cause', async () => {
    const error = new Error('the disk is full');
    const failed = open({ prepare: () => Promise.reject(error) }).execute('a', add('x'));
    await expect(failed).rejects.toMatchObject({ name: 'StoreUnavailable', cause: error });
    await expect(open().execute('a', add('broken'))).rejects.toMatchObject({
      cause: new Error('it is broken'),
    });
  });

  it('is a stream that has lost events which were acknowledged', async () => {
    const list = open();
    await list.execute('a', add('x', 'y', 'z'));
    store.ends.push(away);
    await nameOf(list.execute('a', add('w')));
    store.shown = 2;
    await expect(list.execute('a', add('w'))).rejects.toMatchObject({
      name: 'StreamQuarantined',
      cause: new RevisionGap('a', 2, 3),
    });
  });

  it('is released by its name: other streams and sound ones are left alone', async () => {
    const list = open();
    await nameOf(list.execute('a', add('broken')));
    await list.execute('b', add('x'));
    store.reads.length = 0;
    for (const stream of ['b', 'c']) list.release(stream);
    await list.execute('b', add('y'));
    expect([store.reads, list.quarantinedStreams().length]).toEqual([[], 1]);
    list.release('a');
    expect(list.quarantinedStreams()).toEqual([]);
    expect(await nameOf(list.execute('a', add('x')))).toBe('done');
  });
});

describe('snapshots', () => {
  const snapshots = {
    schemaVersion: 1,
    every: () => 3,
    save: (state: WordList) => JSON.stringify(state),
    load: (json: string) => JSON.parse(json) as WordList,
  };

  it('are neither read nor saved where none are kept', async () => {
    await open().execute('a', add('x'));
    expect([store.snapshotsRead, store.snapshotsSaved]).toEqual([0, []]);
  });

  it('are saved every so many events, counted from the last one, in this process and the next', async () => {
    const list = open({ snapshots });
    for (let i = 0; i < 8; i++) await list.execute('a', add(`w${i}`));
    expect(store.snapshotsSaved).toEqual([2, 5]);
    const next = open({ snapshots });
    await next.execute('a', add('x'));
    expect(store.snapshotsSaved).toEqual([2, 5, 8]);
    expect(await next.read('a', words)).toMatchObject({ revision: 8 });
    expect(store.snapshotsRead).toBe(2);
  });

  it('that cannot be loaded stop the stream', async () => {
    await open({ snapshots }).execute('a', add('x', 'y', 'z'));
    const load = () => {
      throw new Error('not a state');
    };
    await expect(open({ snapshots: { ...snapshots, load } }).read('a', words)).rejects.toBeInstanceOf(
      StreamQuarantined,
    );
  });
});

describe('the cache', () => {
  /** A stream is idle one turn of the event loop after its last answer. */
  const usedOnce = async (list: ReturnType<typeof open>, stream: string) => {
    await list.execute(stream, add('x'));
    await new Promise(setImmediate);
  };

  it('drops the stream that was used longest ago', async () => {
    const list = open({ maxCachedStreams: 2 });
    for (const stream of ['a', 'b', 'a', 'c']) await usedOnce(list, stream);
    store.reads.length = 0;
    for (const stream of ['a', 'c']) await list.execute(stream, add('y'));
    expect([store.reads, list.cachedStreams]).toEqual([[], 2]);
    await list.execute('b', add('y'));
    expect(store.reads).toEqual([0]);
  });

  it('keeps stopped streams, which are to be released by hand', async () => {
    const list = open({ maxCachedStreams: 1 });
    await nameOf(list.execute('a', add('broken')));
    for (const stream of ['b', 'c']) await usedOnce(list, stream);
    expect([list.quarantinedStreams().map(({ stream }) => stream), list.cachedStreams]).toEqual([['a'], 2]);
  });
});
