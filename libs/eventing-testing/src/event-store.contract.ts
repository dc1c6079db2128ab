import { randomUUID } from 'node:crypto';
import {
  type EventStore,
  LOG_START,
  type NewEvent,
  NO_STREAM,
  type RecordedEvent,
  WrongRevision,
} from '@tallystick/eventing';

let ids = 0;
/** An event with an id of its own; text beyond ASCII is part of every test. */
export const anEvent = (data: unknown = { credits: 1 }, type = 'granted'): NewEvent => ({
  id: `00000000-0000-4000-8000-${String(++ids).padStart(12, '0')}`,
  type,
  data,
  metadata: { by: 'Zoë 🧾' },
});
const someEvents = (count: number): NewEvent[] => Array.from({ length: count }, (_, i) => anEvent({ i }));

export async function wholeLog(store: EventStore, prefix = '', limit = 1000): Promise<RecordedEvent[]> {
  const events: RecordedEvent[] = [];
  for (let position = LOG_START; ;) {
    const page = await store.readLog(position, limit, prefix);
    events.push(...page.events);
    if (page.position === position) return events;
    position = page.position;
  }
}

async function endOf(store: EventStore): Promise<number> {
  for (let position = LOG_START; ;) {
    const page = await store.readLog(position, 1000, '');
    if (page.position === position) return position;
    position = page.position;
  }
}

/** A stream's name in the test at hand: a store that cannot be emptied, such as a server, can be tested too. */
type StreamName = (stream: string) => string;
type OpenedEventStore = () => readonly [store: EventStore, its: StreamName];

/** The contract of every event store. `open` is called once; the suite closes the store. */
export function eventStoreContract(name: string, open: () => Promise<EventStore>): void {
  describe(`${name} keeps the contract of event stores`, () => {
    let store: EventStore;
    let space: string;
    beforeAll(async () => void (store = await open()));
    afterAll(() => store.close());
    beforeEach(() => void (space = randomUUID()));
    const opened: OpenedEventStore = () => [store, (stream) => `${space}-${stream}`];

    describe('append', () => appending(opened));
    describe('append, when many write,', () => contending(opened));
    describe('read', () => reading(opened));
    describe('the log', () => following(opened));
    describe('snapshots', () => snapshots(opened));
  });
}

async function revisionsOf(store: EventStore, stream: string): Promise<number[]> {
  return (await store.read(stream, 0, 10_000)).map(({ revision }) => revision);
}

function appending(opened: OpenedEventStore): void {
  let store: EventStore;
  let its: StreamName;
  beforeEach(() => void ([store, its] = opened()));

  it('starts a stream and goes on with it', async () => {
    expect(await store.append(its('a-1'), NO_STREAM, someEvents(2))).toBe(1);
    expect(await store.append(its('a-1'), 1, someEvents(3))).toBe(4);
    expect(await revisionsOf(store, its('a-1'))).toEqual([0, 1, 2, 3, 4]);
  });

  it('gives back what was stored, field by field', async () => {
    const event = anEvent({
      credits: 12,
      note: 'naïve 漢字 🎉 "quoted" \\ \n \u0000',
      draws: [{ grant: 'g', credits: 12 }],
      none: null,
    });
    await store.append(its('a-1'), NO_STREAM, [event]);
    const [stored] = await store.read(its('a-1'), 0, 1);
    expect(stored).toEqual({ ...event, stream: its('a-1'), revision: 0, position: expect.any(Number) });
  });

  it.each([
    ['a revision ahead of the stream', 5],
    ['a stream where there is none', 0],
  ])('refuses %s and stores nothing', async (_, expected) => {
    await expect(store.append(its('a-1'), expected, someEvents(1))).rejects.toBeInstanceOf(WrongRevision);
    expect(await revisionsOf(store, its('a-1'))).toEqual([]);
  });

  it('refuses a revision that others have passed, and stores nothing', async () => {
    await store.append(its('a-1'), NO_STREAM, someEvents(3));
    for (const expected of [NO_STREAM, 0, 1]) {
      await expect(store.append(its('a-1'), expected, someEvents(2))).rejects.toMatchObject({
        stream: its('a-1'),
        expected,
      });
    }
    expect(await revisionsOf(store, its('a-1'))).toEqual([0, 1, 2]);
  });
}

function contending(opened: OpenedEventStore): void {
  let store: EventStore;
  let its: StreamName;
  beforeEach(() => void ([store, its] = opened()));

  it('lets exactly one of two writers at the same revision through', async () => {
    await store.append(its('a-1'), NO_STREAM, someEvents(1));
    const results = await Promise.allSettled(
      Array.from({ length: 8 }, () => store.append(its('a-1'), 0, someEvents(2))),
    );
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await revisionsOf(store, its('a-1'))).toEqual([0, 1, 2]);
  });

  it('takes appends to one stream that are queued behind each other, in order', async () => {
    const results = await Promise.all(
      Array.from({ length: 50 }, (_, i) => store.append(its('a-1'), i - 1, someEvents(1))),
    );
    expect(results).toEqual(Array.from({ length: 50 }, (_, i) => i));
    expect(await revisionsOf(store, its('a-1'))).toEqual(results);
  });

  it('limits a refusal to its own append', async () => {
    const results = await Promise.allSettled(
      Array.from({ length: 40 }, (_, i) => store.append(its(`a-${i}`), i % 2 === 0 ? NO_STREAM : 7, someEvents(1))),
    );
    expect(results.map(({ status }) => status)).toEqual(
      Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? 'fulfilled' : 'rejected')),
    );
    expect(await wholeLog(store, its(''))).toHaveLength(20);
  });

  it('never stores a repeated identical append twice', async () => {
    const events = someEvents(2);
    await store.append(its('a-1'), NO_STREAM, events);
    await store
      .append(its('a-1'), NO_STREAM, events)
      .catch((error: unknown) => expect(error).toBeInstanceOf(WrongRevision));
    expect(await revisionsOf(store, its('a-1'))).toEqual([0, 1]);
  });

  it('takes nothing at all for nothing to do', async () => {
    expect(await store.append(its('a-1'), NO_STREAM, [])).toBe(NO_STREAM);
    expect(await revisionsOf(store, its('a-1'))).toEqual([]);
  });
}

function reading(opened: OpenedEventStore): void {
  let store: EventStore;
  let its: StreamName;
  beforeEach(() => void ([store, its] = opened()));

  beforeEach(() => store.append(its('a-1'), NO_STREAM, someEvents(10)));
  it.each([
    [0, 3, [0, 1, 2]],
    [4, 3, [4, 5, 6]],
    [8, 100, [8, 9]],
    [10, 5, []],
    [99, 5, []],
  ])('from %i, at most %i', async (from, limit, expected) => {
    expect((await store.read(its('a-1'), from, limit)).map(({ revision }) => revision)).toEqual(expected);
  });
  it('finds an unknown stream empty', async () => expect(await store.read(its('unknown'), 0, 10)).toEqual([]));
}

function following(opened: OpenedEventStore): void {
  let store: EventStore;
  let its: StreamName;
  beforeEach(() => void ([store, its] = opened()));

  it('has every event once, in an order that grows, each stream gapless', async () => {
    await Promise.all(
      Array.from({ length: 20 }, async (_, s) => {
        for (let n = 0; n < 10; n++) await store.append(its(`a-${s}`), n * 3 - 1, someEvents(3));
      }),
    );
    for (const limit of [3, 7, 1000]) {
      const events = await wholeLog(store, its(''), limit);
      expect(events).toHaveLength(600);
      const heads = new Map<string, number>();
      let last = LOG_START;
      for (const { stream, revision, position } of events) {
        expect(position).toBeGreaterThan(last);
        expect(revision).toBe((heads.get(stream) ?? NO_STREAM) + 1);
        heads.set(stream, revision);
        last = position;
      }
    }
  });

  it('leaves other streams out and still gets past them', async () => {
    for (let i = 0; i < 5; i++) await store.append(its('b-1'), i * 4 - 1, someEvents(4));
    await store.append(its('a-1'), NO_STREAM, someEvents(2));
    expect((await wholeLog(store, its('a-'), 3)).map(({ stream }) => stream)).toEqual([its('a-1'), its('a-1')]);
  });

  it('has a last event, of all streams and of those with a prefix', async () => {
    expect(await store.last(its(''))).toBeUndefined();
    await store.append(its('a-1'), NO_STREAM, someEvents(3));
    await store.append(its('b-1'), NO_STREAM, someEvents(60));
    expect(await store.last(its('a-'))).toMatchObject({ stream: its('a-1'), revision: 2 });
    expect(await store.last('')).toMatchObject({ stream: its('b-1'), revision: 59 });
    expect(await store.last(its('c-'))).toBeUndefined();
    await store.append(its('c-1'), NO_STREAM, someEvents(2));
    expect(await store.last(its('c-'))).toMatchObject({ stream: its('c-1'), revision: 1 });
    expect(await store.last(its('b-'))).toMatchObject({ stream: its('b-1'), revision: 59 });
  });

  it('gives the record at a position, and none between, before or behind', async () => {
    await store.append(its('a-1'), NO_STREAM, someEvents(3));
    const events = await wholeLog(store, its(''));
    for (const event of events) expect(await store.at(event.position)).toEqual(event);
    expect(await store.at(LOG_START)).toBeUndefined();
    expect(await store.at((await endOf(store)) + 1)).toBeUndefined();
    expect(await store.at((await endOf(store)) + 1_000_000)).toBeUndefined();
  });

  it('goes on where it stopped, and keeps its position where there is nothing', async () => {
    await store.append(its('a-1'), NO_STREAM, someEvents(2));
    const position = await endOf(store);
    expect(await store.readLog(position, 10, '')).toEqual({ events: [], position });
    await store.append(its('a-1'), 1, someEvents(1));
    expect((await store.readLog(position, 10, '')).events.map(({ revision }) => revision)).toEqual([2]);
  });

  it('wakes those who wait for it to grow, and those who give up', async () => {
    const abort = new AbortController();
    let position = await endOf(store);
    const grown = store.waitForEvents(position, abort.signal);
    await store.append(its('a-1'), NO_STREAM, someEvents(1));
    await grown;
    position = await endOf(store);
    await store.waitForEvents(LOG_START, abort.signal);
    let woken = false;
    const later = store.waitForEvents(position, abort.signal).then(() => (woken = true));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(woken).toBe(false);
    abort.abort();
    await later;
  });
}

function snapshots(opened: OpenedEventStore): void {
  let store: EventStore;
  let its: StreamName;
  beforeEach(() => void ([store, its] = opened()));

  const snapshot = { revision: 3, schemaVersion: 1, state: '{"ö":"漢字"}', hash: 'h' };
  it('has none at first', async () => expect(await store.loadSnapshot(its('a-1'))).toBeUndefined());
  it('keeps the newest of each stream', async () => {
    await Promise.all([
      store.saveSnapshot(its('a-1'), snapshot),
      store.saveSnapshot(its('a-2'), { ...snapshot, revision: 9 }),
    ]);
    await store.saveSnapshot(its('a-1'), { ...snapshot, revision: 8, schemaVersion: 2 });
    expect(await store.loadSnapshot(its('a-1'))).toEqual({ ...snapshot, revision: 8, schemaVersion: 2 });
    expect(await store.loadSnapshot(its('a-2'))).toEqual({ ...snapshot, revision: 9 });
  });
  it('keeps the event that a snapshot ends at, where it is named', async () => {
    const named = { ...snapshot, eventId: 'e3', head: 'h3' };
    await store.saveSnapshot(its('a-1'), named);
    expect(await store.loadSnapshot(its('a-1'))).toEqual(named);
    await store.saveSnapshot(its('a-1'), { ...snapshot, eventId: 'e3' });
    expect(await store.loadSnapshot(its('a-1'))).toEqual({ ...snapshot, eventId: 'e3' });
  });
}
