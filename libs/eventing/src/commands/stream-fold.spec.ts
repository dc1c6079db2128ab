import { Unreadable, type Decider } from '@tallystick/domain/kernel';
import { InMemoryEventStore } from '@tallystick/eventing-testing';
import { StreamQuarantined } from '../errors';
import type { RecordedEvent } from '../ports/event-store';
import { recordHash } from '../chain/link';
import { CommandHandler } from './command-handler';

/** A list of words. A record without `ours` is foreign; one of version 2 is newer; the first must be `opened`. */
interface FoldedEvent {
  readonly type: string;
  readonly data: {
    readonly word?: string;
    readonly revision?: number;
    readonly eventId?: string;
    readonly hash?: string;
  };
  readonly metadata: { readonly ours: number };
}
const decode = ({ type, data, metadata, revision }: RecordedEvent): FoldedEvent | Unreadable => {
  const version = (metadata as { ours?: number } | undefined)?.ours;
  if (version === 2) return new Unreadable('newer', 'it is of version 2');
  if (revision === 0 && type !== 'opened') return new Unreadable('not-ours', 'it does not begin with opened');
  return version === 1 ? ({ type, data, metadata } as FoldedEvent) : new Unreadable('foreign', 'it is not ours');
};
const acceptanceIn = ({ type, data }: FoldedEvent) =>
  type === 'accepted' ? (data as { revision: number; eventId: string; hash: string }) : undefined;
const decider: Decider<string[], string, FoldedEvent, readonly string[]> = {
  initial: () => [],
  due: () => [],
  decide: (word, state) => ({
    events: [
      {
        type: state.length === 0 ? 'opened' : 'noted',
        data: { word },
        metadata: { ours: word === 'unstorable' ? 0 : 1 },
      },
    ],
    answer: [...state, word],
  }),
  evolve: (state, { data: { word } }) => (word === undefined ? state : (state.push(word), state)),
};

const STREAM = 'words-a';
let store: InMemoryEventStore;
let ids: number;
const put = async (type: string, data: object, metadata: object = { ours: 1 }) =>
  store.append(STREAM, store.head(STREAM), [{ id: `id-${ids++}`, type, data, metadata }]);
const note = (word: string) => put(store.head(STREAM) < 0 ? 'opened' : 'noted', { word });
const foreign = () => put('report', { sold: 3 }, {});
const accept = async (revision: number, changes: object = {}) => {
  const [record] = await store.read(STREAM, revision, 1);
  return put('accepted', { revision, eventId: record!.id, hash: recordHash(record!), ...changes });
};
const open = (taken?: () => string[]) =>
  new CommandHandler<string[], string, FoldedEvent, readonly string[]>({
    store,
    decider,
    decode,
    acceptanceIn,
    taken,
    pause: () => Promise.resolve(),
  });
const stopOf = async (work: Promise<unknown>) => {
  const error: unknown = await work.catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(StreamQuarantined);
  return (error as StreamQuarantined).reason;
};
const answer = async (words = open()) => (await words.execute(STREAM, 'next')).answer;

beforeEach(async () => {
  store = new InMemoryEventStore();
  ids = 0;
  for (const word of ['a', 'b']) await note(word);
});

describe('a record that another program wrote', () => {
  it('stops its stream, and reports the record and the reason; other streams go on', async () => {
    await foreign();
    await note('c');
    const words = open();
    expect(await stopOf(words.execute(STREAM, 'next'))).toEqual({
      kind: 'foreign',
      reason: 'it is not ours',
      revision: 2,
      eventId: 'id-2',
      type: 'report',
    });
    expect((await words.execute('words-b', 'x')).answer).toEqual(['x']);
  });

  it('stops a stream whose state is in memory', async () => {
    const words = open();
    expect(await answer(words)).toEqual(['a', 'b', 'next']);
    await foreign();
    expect(await stopOf(words.execute(STREAM, 'next'))).toMatchObject({ kind: 'foreign', revision: 3 });
  });

  it('is skipped once a later event accepts it, however far behind it that is', async () => {
    await foreign();
    for (let i = 0; i < 2_500; i++) await note(`w${i}`);
    await accept(2);
    expect(await answer()).toHaveLength(2_503);
  });

  it('is skipped only where each one is accepted', async () => {
    for (let i = 0; i < 3; i++) await foreign();
    await accept(2);
    await accept(3);
    expect(await stopOf(answer())).toMatchObject({ revision: 4 });
    await accept(4);
    expect(await answer()).toEqual(['a', 'b', 'next']);
  });

  it('goes on in the process that was stopped, once it is released', async () => {
    await foreign();
    const words = open();
    await stopOf(words.execute(STREAM, 'next'));
    await accept(2);
    await stopOf(words.execute(STREAM, 'next'));
    words.release(STREAM);
    expect(await answer(words)).toEqual(['a', 'b', 'next']);
  });

  test.each([
    ['another record’s id', { eventId: 'id-1' }],
    ['another hash', { hash: 'x' }],
    ['another revision', { revision: 1 }],
  ])('is not accepted with %s', async (_, changes) => {
    await foreign();
    await accept(2, changes);
    expect(await stopOf(answer())).toMatchObject({ kind: 'foreign', revision: 2 });
  });

  it('is not accepted before it is there', async () => {
    const record = {
      stream: STREAM,
      revision: 3,
      position: 0,
      id: 'id-3',
      type: 'report',
      data: { sold: 3 },
      metadata: {},
    };
    await put('accepted', { revision: 3, eventId: 'id-3', hash: recordHash(record) });
    await foreign();
    expect(await stopOf(answer())).toMatchObject({ kind: 'foreign', revision: 3 });
  });
});

it('a record of a later version is never skipped', async () => {
  await put('noted', { word: 'c' }, { ours: 2 });
  await accept(2);
  expect(await stopOf(answer())).toMatchObject({ kind: 'newer', revision: 2, reason: 'it is of version 2' });
});

describe('a stream that belongs to another program', () => {
  beforeEach(async () => {
    store = new InMemoryEventStore();
    await foreign();
    for (let i = 0; i < 3; i++) await note('x');
  });
  it('has the state that says so, and is read no further', async () => {
    const read = jest.spyOn(store, 'read');
    const words = open(() => ['taken']);
    expect(await words.read(STREAM, (state) => [...state])).toEqual({ value: ['taken'], revision: 0 });
    expect((await words.read(STREAM, (state) => [...state])).value).toEqual(['taken']);
    expect(read).toHaveBeenCalledTimes(1);
    expect(words.quarantinedStreams()).toEqual([]);
  });
  it('is stopped where there is no such state', async () => {
    expect(await stopOf(answer())).toMatchObject({ kind: 'not-ours', revision: 0 });
  });
});

describe('a stream that is shorter than it was', () => {
  const grow = async () => {
    for (let i = 0; i < 2_500; i++) await note(`w${i}`);
  };
  test.each([1, 999, 1_000, 1_001, 2_400])('is stopped when its first %i events are hidden', async (hidden) => {
    await grow();
    store.hideBefore(STREAM, hidden);
    expect(await stopOf(answer())).toEqual({
      kind: 'gap',
      revision: 0,
      reason: `Stream ${STREAM} lacks revisions 0 to ${hidden - 1}.`,
    });
  });

  test.each([1_500, 2_000])('is stopped when events up to %i are missing between two pages', async (until) => {
    await grow();
    const read = store.read.bind(store);
    store.read = async (stream, from, limit) =>
      from < 1_000 ? read(stream, from, limit) : read(stream, Math.max(from, until), limit);
    expect(await stopOf(answer())).toMatchObject({ kind: 'gap', revision: 1_000 });
  });

  it('is stopped when it ends before what was acknowledged', async () => {
    const words = open();
    await answer(words);
    const append = store.append.bind(store);
    store.append = async (stream, expected, events) => append(stream, expected - 1, events);
    store.read = async () => [];
    expect(await stopOf(answer(words))).toMatchObject({ kind: 'gap', revision: 0 });
  });

  it('is stopped when the store acknowledges another revision than the requested one', async () => {
    const append = store.append.bind(store);
    store.append = async (...given) => (await append(...given)) + 5;
    expect(await stopOf(answer())).toMatchObject({ kind: 'gap', revision: 2 });
  });

  it('is stopped when it was deleted on the server, before reading and while it is in memory', async () => {
    const words = open();
    await answer(words);
    store.delete(STREAM);
    expect(await stopOf(answer())).toMatchObject({ kind: 'deleted' });
    expect(await stopOf(answer(words))).toMatchObject({ kind: 'deleted' });
  });
});

it('nothing is stored that could not be read back', async () => {
  expect(await stopOf(open().execute(STREAM, 'unstorable'))).toMatchObject({ kind: 'foreign', revision: 2 });
  expect(store.head(STREAM)).toBe(1);
});

it('a foreign record within an own stream does not make it another program’s', async () => {
  await foreign();
  expect(await stopOf(answer(open(() => ['taken'])))).toMatchObject({ kind: 'foreign', revision: 2 });
});
