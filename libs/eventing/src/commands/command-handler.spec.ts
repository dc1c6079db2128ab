import {
  answersOf,
  cut,
  openTill,
  put,
  storedAndCut,
  type TillAnswer,
  type TillCommand,
  type TillState,
  TillStore,
  wrong,
} from '../../support/till';
import { CommandAborted, StoreUnavailable, StreamQuarantined } from '../errors';

let store: TillStore;
beforeEach(() => (store = new TillStore()));

const open = (options: Parameters<typeof openTill>[1] = {}) => openTill(store, options);

describe('a group', () => {
  it('of commands that come together is one append, in their order, each answered with its own revision', async () => {
    const till = open();
    const outcomes = await Promise.all(['x', 'y', 'z'].map((item) => till.execute('a', { item })));
    expect(outcomes).toEqual([0, 1, 2].map((revision) => ({ answer: 'put', revision })));
    expect(store.appends).toHaveLength(1);
    expect(new Set(store.appends[0]!.events.map(({ id }) => id)).size).toBe(3);
    expect(await store.items('a')).toEqual(['x', 'y', 'z']);
  });

  it('is decided on the evolving state', async () => {
    const till = open();
    const executions = ['x', 'x', 'y'].map((item) => till.execute('a', { item, add: 60 }));
    expect(await answersOf(executions)).toEqual(['put', 'known', 'full']);
  });

  it('waits for the append before it, and collects the commands that arrive until then', async () => {
    const till = open();
    const first = till.execute('a', { item: 'x' });
    let later: Promise<unknown>[] = [];
    store.failures.push((append) => {
      later = ['y', 'z'].map((item) => till.execute('a', { item }));
      return append();
    });
    await first;
    await Promise.all(later);
    expect(store.appends.map(({ events }) => events.length)).toEqual([1, 2]);
  });

  it('is at most as large as allowed', async () => {
    const till = open({ maxGroup: 2 });
    await Promise.all(['v', 'w', 'x', 'y', 'z'].map((item) => till.execute('a', { item })));
    expect(store.appends.map(({ events }) => events.length)).toEqual([2, 2, 1]);
  });

  it('stores what follows from a command in the same append', async () => {
    const { revision } = await open().execute('a', { item: 'x', then: { item: 'y', then: { item: 'z' } } });
    expect([revision, store.appends.length, await store.items('a')]).toEqual([2, 1, ['x', 'y', 'z']]);
  });

  it('splits a long list of what is due over several appends, and answers after the last', async () => {
    const till = open({ sizeOf: () => 100, maxAppendBytes: 300 });
    await till.execute('a', { item: 'x', owe: 10 });
    const { answer, revision } = await till.execute('a', { item: 'y' });
    expect([answer, revision]).toEqual(['put', 11]);
    expect(store.appends.map(({ events }) => events.length)).toEqual([1, 3, 3, 3, 2]);
  });

  it('is read in its order too: a reader sees what was decided before, once it is stored', async () => {
    const till = open();
    const [, seen] = await Promise.all([till.execute('a', { item: 'x' }), till.read('a', ({ sum }) => sum)]);
    expect(seen).toEqual({ value: 1, revision: 0 });
  });
});

describe('a refusal', () => {
  it('from a cached state is held against the tail of the store', async () => {
    const [till, other] = [open(), open()];
    await till.execute('a', { item: 'x', add: 90 });
    store.reads = [];
    expect(await till.execute('a', { item: 'y', add: 50 })).toEqual({ answer: 'full', revision: 0 });
    expect(store.reads).toEqual([1]);
    await other.execute('a', { item: 'z', add: -90 });
    expect(await till.execute('a', { item: 'y', add: 50 })).toEqual({ answer: 'put', revision: 2 });
  });

  it('that is immutable is returned without a read', async () => {
    const till = open();
    await till.execute('a', { item: 'x' });
    store.reads = [];
    expect((await till.execute('a', { item: 'x' })).answer).toBe('known');
    expect(store.reads).toEqual([]);
  });
});

describe('an append', () => {
  it.each([
    ['lost', cut],
    ['stored, its answer lost', storedAndCut],
  ])('%s: the identical batch is sent once more', async (_, failure) => {
    store.failures.push(failure);
    const till = open();
    expect(await till.execute('a', { item: 'x' })).toEqual({ answer: 'put', revision: 0 });
    expect(store.appends).toHaveLength(2);
    expect(store.appends[1]).toEqual(store.appends[0]);
    expect(await store.items('a')).toEqual(['x']);
  });

  it('without an answer twice: the stream is read again, and shows whether it was stored', async () => {
    store.failures.push(storedAndCut, cut);
    expect((await open().execute('a', { item: 'x' })).answer).toBe('known');
    expect(await store.items('a')).toEqual(['x']);
  });

  it('at a wrong revision: the stream is read again and the group decided again', async () => {
    const [till, other] = [open(), open()];
    await till.execute('a', { item: 'x', add: 60 });
    await other.execute('a', { item: 'y', add: 30 });
    const executions = [till.execute('a', { item: 'z', add: 10 }), till.execute('a', { item: 'w', add: 1 })];
    expect(await answersOf(executions)).toEqual(['put', 'full']);
    expect(await store.items('a')).toEqual(['x', 'y', 'z']);
  });

  it('that never gets anywhere is given up after the attempts allowed', async () => {
    const pauses: number[] = [];
    store.failures.push(...Array.from({ length: 50 }, () => wrong));
    const till = open({ maxAttempts: 3, pause: async (attempt) => void pauses.push(attempt) });
    await expect(till.execute('a', { item: 'x' })).rejects.toBeInstanceOf(CommandAborted);
    expect([pauses, 50 - store.failures.length]).toEqual([[1, 2], 3]);
    store.failures.length = 0;
    expect((await till.execute('a', { item: 'x' })).answer).toBe('put');
  });
});

describe('a fault', () => {
  it('in deciding stops its stream and no other, until it is released', async () => {
    const stopped: string[] = [];
    const till = open({ onQuarantined: ({ stream }) => stopped.push(stream) });
    await till.execute('a', { item: 'x' });
    const [before, broken, other] = await Promise.allSettled([
      till.execute('a', { item: 'y' }),
      till.execute('a', { item: 'broken' }),
      till.execute('b', { item: 'x' }),
    ]);
    expect([before.status, broken.status, other.status]).toEqual(['rejected', 'rejected', 'fulfilled']);
    await expect(till.execute('a', { item: 'z' })).rejects.toThrow('a is stopped: the till is stuck');
    expect([stopped, till.quarantinedStreams().map(({ stream }) => stream)]).toEqual([['a'], ['a']]);
    till.release('a');
    expect((await till.execute('a', { item: 'z' })).answer).toBe('put');
    expect(await store.items('a')).toEqual(['x', 'z']);
  });

  it('in folding is the stream’s as well', async () => {
    await store.append('a', -1, [{ id: '1', ...put('x', 1) }]);
    const till = open({
      decode: () => {
        throw new Error('unreadable');
      },
    });
    await expect(till.execute('a', { item: 'y' })).rejects.toBeInstanceOf(StreamQuarantined);
  });

  it.each([
    ['the store', new StoreUnavailable('away'), 'away'],
    ['what is looked up', new Error('the disk is full'), 'a was not decided: the disk is full'],
  ])('of %s is none of the stream’s: the next command is decided', async (_, error, message) => {
    let isBroken = true;
    const prepare = async (_stream: string, _state: TillState, commands: readonly TillCommand[]) => {
      if (isBroken) throw error;
      return commands;
    };
    const till = open({ prepare });
    const failed = till.execute('a', { item: 'x' });
    await expect(failed).rejects.toThrow(message);
    await expect(failed).rejects.toBeInstanceOf(StoreUnavailable);
    isBroken = false;
    expect((await till.execute('a', { item: 'x' })).answer).toBe('put');
    expect(till.quarantinedStreams()).toEqual([]);
  });
});

describe('the cache', () => {
  it('keeps the streams used last, and those that are busy', async () => {
    const till = open({ maxCachedStreams: 2 });
    await Promise.all(['a', 'b', 'c', 'd'].map((stream) => till.execute(stream, { item: 'x' })));
    await till.execute('e', { item: 'x' });
    expect(till.cachedStreams).toBe(2);
    store.reads = [];
    await till.execute('e', { item: 'y' });
    expect(store.reads).toEqual([]);
  });

  it('never evicts a stream with commands under way, not even the newest', async () => {
    const till = open({ maxCachedStreams: 1 });
    const both = ['a', 'b'].map((stream) => till.execute(stream, { item: 'x' }));
    expect(till.cachedStreams).toBe(2);
    const again = ['a', 'b'].map((stream) => till.execute(stream, { item: 'y' }));
    await Promise.all([...both, ...again]);
    expect(store.appends).toHaveLength(2);
  });
});

it('stops after answering what is under way, and takes nothing new', async () => {
  const till = open({ maxCachedStreams: 1 });
  const answers: TillAnswer[] = [];
  for (const stream of ['a', 'b']) void till.execute(stream, { item: 'x' }).then(({ answer }) => answers.push(answer));
  const stopped = till.stop();
  await expect(till.execute('c', { item: 'x' })).rejects.toBeInstanceOf(CommandAborted);
  await stopped;
  expect(answers).toEqual(['put', 'put']);
});

describe('where two processes write in turns', () => {
  it('each reads on from where it was, and after the first collisions hardly an append is in vain', async () => {
    const [one, other] = [open(), open()];
    for (let i = 0; i < 40; i++) {
      await one.execute('a', { item: `one ${i}` });
      await other.execute('a', { item: `other ${i}` });
    }
    expect(await store.items('a')).toHaveLength(80);
    expect(store.appends.length).toBeLessThanOrEqual(80 + 2);
    expect(store.reads.filter((from) => from === 0).length).toBeLessThanOrEqual(4);
  });

  it('who is alone again stops looking', async () => {
    const [one, other] = [open(), open()];
    for (const till of [one, other, one]) await till.execute('a', { item: String(store.appends.length) });
    for (let i = 0; i < 20; i++) await one.execute('a', { item: `alone ${i}` });
    store.reads = [];
    for (let i = 20; i < 40; i++) await one.execute('a', { item: `alone ${i}` });
    expect(store.reads).toEqual([]);
  });

  it('a refusal is decided on what the other has written, without reading the whole stream again', async () => {
    const [one, other] = [open(), open()];
    await one.execute('a', { item: 'x', add: 60 });
    await other.execute('a', { item: 'y', add: 40 });
    store.reads = [];
    expect(await answersOf([one.execute('a', { item: 'y', add: 60 })])).toEqual(['known']);
    expect(await answersOf([one.execute('a', { item: 'z', add: 1 })])).toEqual(['full']);
    expect(store.reads).not.toContain(0);
  });
});
