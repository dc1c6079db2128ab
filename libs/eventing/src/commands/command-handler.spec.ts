import type { Decider, Decision } from '@tallystick/domain/kernel';
import { type NewEvent, type Snapshot } from '../ports/event-store';
import { chainBreaches, InMemoryEventStore, wholeLog } from '@tallystick/eventing-testing';
import {
  AmbiguousAppend,
  CommandAborted,
  RevisionGap,
  StoreUnavailable,
  StreamQuarantined,
  WrongRevision,
} from '../errors';
import { type CommandHandlerOptions } from './options';
import { CommandHandler } from './command-handler';

/** A till: `put` adds up to a limit, `owed` is what falls due before the next command, and one item breaks it. */
interface State {
  sum: number;
  owed: number;
  readonly items: string[];
}
interface Command {
  readonly item: string;
  readonly add?: number;
  readonly owe?: number;
  readonly then?: Command;
}
type Answer = 'put' | 'full' | 'known';
interface Event {
  readonly type: string;
  readonly data: { readonly item: string; readonly add: number; readonly owe?: number };
  readonly metadata: unknown;
}

const LIMIT = 100;
const put = (item: string, add: number, owe?: number): Event => ({
  type: 'put',
  data: { item, add, owe },
  metadata: { schemaVersion: 1 },
});
const decide = ({ item, add = 1, owe, then }: Command, state: State): Decision<Command, Event, Answer> => {
  if (item === 'broken') throw new Error('the till is stuck');
  if (state.items.includes(item)) return { events: [], answer: 'known' };
  if (state.sum + add > LIMIT) return { events: [], answer: 'full' };
  return { events: [put(item, add, owe)], answer: 'put', then };
};
const decider: Decider<State, Command, Event, Answer> = {
  initial: () => ({ sum: 0, owed: 0, items: [] }),
  due: (_, { owed }) => (owed > 0 ? [put(`due ${owed}`, 0)] : []),
  decide,
  evolve: (state, { data: { item, add, owe } }) => {
    state.sum += add;
    state.owed += owe ?? (item.startsWith('due ') ? -1 : 0);
    state.items.push(item);
    return state;
  },
};

/** Counts what it is asked for, and fails as it is told to. */
class Store extends InMemoryEventStore {
  readonly appends: { stream: string; expected: number; events: readonly NewEvent[] }[] = [];
  readonly failures: ((append: () => Promise<number>) => Promise<number>)[] = [];
  reads: number[] = [];

  override append(stream: string, expected: number, events: readonly NewEvent[]): Promise<number> {
    this.appends.push({ stream, expected, events });
    const store = () => super.append(stream, expected, events);
    return (this.failures.shift() ?? ((append) => append()))(store);
  }

  override read(stream: string, from: number, limit: number) {
    this.reads.push(from);
    return super.read(stream, from, limit);
  }

  items(stream: string): Promise<string[]> {
    return super.read(stream, 0, 10_000).then((all) => all.map(({ data }) => (data as { item: string }).item));
  }
}

const cut = () => Promise.reject(new AmbiguousAppend('cut'));
const storedAndCut = (append: () => Promise<number>) => append().then(cut);
const wrong = () => Promise.reject(new WrongRevision('a', -1, 0));

let store: Store;
beforeEach(() => (store = new Store()));

const open = (options: Partial<CommandHandlerOptions<State, Command, Event, Answer>> = {}) =>
  new CommandHandler<State, Command, Event, Answer>({
    store,
    decider,
    decode: ({ type, data, metadata }) => ({ type, data, metadata }) as Event,
    isImmutable: (answer) => answer === 'known',
    pause: () => Promise.resolve(),
    ...options,
  });
const answersOf = async (outcomes: Promise<{ answer: Answer }>[]) =>
  (await Promise.all(outcomes)).map(({ answer }) => answer);

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
    const asked = ['x', 'x', 'y'].map((item) => till.execute('a', { item, add: 60 }));
    expect(await answersOf(asked)).toEqual(['put', 'known', 'full']);
  });

  it('waits for the one before it, and gathers who comes meanwhile', async () => {
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

  it('that stands for ever is given without a look', async () => {
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

  it('without an answer twice: the stream is read again, and tells what came of it', async () => {
    store.failures.push(storedAndCut, cut);
    expect((await open().execute('a', { item: 'x' })).answer).toBe('known');
    expect(await store.items('a')).toEqual(['x']);
  });

  it('at a wrong revision: the stream is read again and the group decided anew', async () => {
    const [till, other] = [open(), open()];
    await till.execute('a', { item: 'x', add: 60 });
    await other.execute('a', { item: 'y', add: 30 });
    const asked = [till.execute('a', { item: 'z', add: 10 }), till.execute('a', { item: 'w', add: 1 })];
    expect(await answersOf(asked)).toEqual(['put', 'full']);
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
    const prepare = async (_stream: string, _state: State, commands: readonly Command[]) => {
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

describe('a snapshot', () => {
  let damaged: unknown[];
  const snapshots = {
    schemaVersion: 1,
    onDamaged: (...what: unknown[]) => void damaged.push(what),
    every: () => 2,
    save: (state: State) => JSON.stringify(state),
    load: (json: string) => JSON.parse(json) as State,
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

  it('is used once what it has let go of can be looked up', async () => {
    await saved();
    const asked: unknown[] = [];
    const reached = async (...about: unknown[]) => void asked.push(about);
    expect(await open({ snapshots: { ...snapshots, waitForIndex: reached } }).read('a', ({ sum }) => sum)).toEqual({
      value: 3,
      revision: 2,
    });
    expect(asked).toEqual([['a', expect.objectContaining({ sum: 3 })]]);
  });
});

describe('a snapshot is held against the stream', () => {
  const snapshots = {
    schemaVersion: 1,
    every: () => 2,
    save: (state: State) => JSON.stringify(state),
    load: (json: string) => JSON.parse(json) as State,
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
    save: (state: State) => JSON.stringify(state),
    load: (json: string) => JSON.parse(json) as State,
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

  it('begins in an older stream behind its last event, and reads no more of it than the snapshot asks for', async () => {
    await write(before(), 9);
    const { revision } = (await store.loadSnapshot('a'))!;
    store.reads = [];
    await write(now());
    // The first page tells a stream that began with hashes.
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

  it('is found there in a long stream from where it has begun', async () => {
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
    const encode = ({ type, data }: Event) => ({ type, data, metadata: { schemaVersion: 1, $by: 'me' } });
    await write(now({ encode }));
    expect((await wholeLog(store))[0]!.metadata).toEqual({ schemaVersion: 1, $by: 'me', hash: expect.any(String) });
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

  it('never lets go of a stream with commands under way, not even of the newest', async () => {
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
  const answers: Answer[] = [];
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

  it('a "no" is decided on what the other has written, without reading all of it anew', async () => {
    const [one, other] = [open(), open()];
    await one.execute('a', { item: 'x', add: 60 });
    await other.execute('a', { item: 'y', add: 40 });
    store.reads = [];
    expect(await answersOf([one.execute('a', { item: 'y', add: 60 })])).toEqual(['known']);
    expect(await answersOf([one.execute('a', { item: 'z', add: 1 })])).toEqual(['full']);
    expect(store.reads).not.toContain(0);
  });
});
