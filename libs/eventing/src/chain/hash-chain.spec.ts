import fc from 'fast-check';
import type { NewEvent, RecordedEvent } from '../ports/event-store';
import { chainBreaches } from '@tallystick/eventing-testing';
import { ChainCheck } from './chain-check';
import { HashChain } from './hash-chain';
import { hashIn, linkOf, recordHash, recordText } from './link';

let ids = 0;
const anEvent = (type = 'granted', data: unknown = { credits: 7, to: 'Zoë' }): NewEvent => ({
  id: `e${++ids}`,
  type,
  data,
  metadata: { schemaVersion: 1, recordedAt: '2026-11-21T09:30:00.000Z', actor: undefined },
});

/** A stream as a store keeps it: `append` as a version with the chain does, `appendAsBefore` as one without. */
class ChainedStream {
  readonly events: RecordedEvent[] = [];
  constructor(readonly name = 's-1') {}

  appendAsBefore(...events: NewEvent[]): this {
    for (const event of JSON.parse(JSON.stringify(events)) as NewEvent[])
      this.events.push({ stream: this.name, revision: this.events.length, position: this.events.length, ...event });
    return this;
  }

  append(...events: NewEvent[]): this {
    return this.appendAsBefore(...this.chain().seal(this.events.length - 1, events));
  }

  /** As a task that knows the stream would. */
  sealHistory(): this {
    const check = new ChainCheck(this.name);
    for (const event of this.events) check.take(event);
    return check.history ? this.append(anEvent('HistorySealed', check.history)) : this;
  }

  chain(): HashChain {
    const chain = new HashChain(this.name);
    for (const event of this.events) chain.take(event);
    return chain;
  }

  get hashes() {
    return this.events.map(({ metadata }) => hashIn(metadata));
  }
}
const texts = (...events: RecordedEvent[]) => events.map(recordText);

describe('the last event of each append carries a hash', () => {
  test('of nothing and its events, in a new stream', () => {
    const { events, hashes } = new ChainedStream().append(anEvent(), anEvent());
    expect(hashes).toEqual([undefined, linkOf('', texts(...events))]);
    expect(hashes[1]).toMatch(/^[\w-]{43}$/);
  });

  test('of the one before and its events', () => {
    const { events, hashes } = new ChainedStream().append(anEvent()).append(anEvent(), anEvent());
    expect(hashes[2]).toBe(linkOf(hashes[0]!, texts(events[1]!, events[2]!)));
  });

  test('also of what an older version, or another program, has appended in between', () => {
    const binary = { ...anEvent(), data: new Uint8Array([0, 255]), metadata: new Uint8Array() };
    const stream = new ChainedStream().append(anEvent()).appendAsBefore(anEvent(), anEvent());
    stream.events.push({ ...binary, stream: 's-1', revision: 3, position: 3 });
    const { events, hashes } = stream.append(anEvent(), anEvent());
    expect(hashes[5]).toBe(linkOf(hashes[0]!, texts(...events.slice(1))));
    expect(recordText(events[3]!)).toBe(
      `{"data":"AP8=","id":"${binary.id}","metadata":"","revision":3,"stream":"s-1","type":"granted"}`,
    );
  });

  test('of the id before, in an older stream: there the first event has one as well', () => {
    const { events, hashes } = new ChainedStream().appendAsBefore(anEvent(), anEvent()).append(anEvent(), anEvent());
    const first = linkOf(events[1]!.id, texts(events[2]!));
    expect(hashes).toEqual([undefined, undefined, first, linkOf(first, texts(events[3]!))]);
  });
});

describe('a record', () => {
  test('of another program is hashed as read, with a member that it calls `hash`', () => {
    const record = { stream: 's', revision: 0, id: 'i', type: 't', data: undefined, metadata: undefined };
    expect(recordText({ ...record, metadata: { hash: 'x' } })).toContain('"metadata":{"hash":"x"}');
    expect(recordText({ ...record, data: null, metadata: { schemaVersion: 1, hash: 'x' } })).toBe(
      '{"data":null,"id":"i","metadata":{"schemaVersion":1},"revision":0,"stream":"s","type":"t"}',
    );
    expect(recordText(record)).toBe('{"id":"i","revision":0,"stream":"s","type":"t"}');
    expect(recordHash(record)).not.toBe(recordHash({ ...record, type: 'u' }));
  });
});

describe('the end of a chain', () => {
  test.each([
    ['a new stream', () => new ChainedStream().append(anEvent(), anEvent())],
    ['an older stream', () => new ChainedStream().appendAsBefore(anEvent(), anEvent())],
    ['an older stream whose chain has started', () => new ChainedStream().appendAsBefore(anEvent()).append(anEvent())],
  ])('of %s is all that it takes to go on', (_, make) => {
    const stream = make();
    const resumed = HashChain.at(stream.name, stream.chain().end!);
    const next = [anEvent(), anEvent()];
    const revision = stream.events.length - 1;
    expect(resumed.seal(revision, next)).toEqual(stream.chain().seal(revision, next));
  });

  test('is not there while events are open', () => {
    expect(new ChainedStream().append(anEvent()).appendAsBefore(anEvent()).chain().end).toBeUndefined();
  });
});
describe('a check of the chain', () => {
  test.each([
    ['a new stream', () => new ChainedStream().append(anEvent()).append(anEvent(), anEvent()).append(anEvent())],
    [
      'one with appends of an older version',
      () => new ChainedStream().append(anEvent()).appendAsBefore(anEvent(), anEvent()).append(anEvent()),
    ],
    ['an older one', () => new ChainedStream().appendAsBefore(anEvent(), anEvent()).append(anEvent(), anEvent())],
    ['an older one without any hash', () => new ChainedStream().appendAsBefore(anEvent(), anEvent())],
    [
      'an older one that is sealed later',
      () => new ChainedStream().appendAsBefore(anEvent(), anEvent()).append(anEvent(), anEvent()).sealHistory(),
    ],
    [
      'an older one that begins with its seal',
      () => new ChainedStream().appendAsBefore(anEvent(), anEvent()).sealHistory(),
    ],
    ['one whose last events no hash covers yet', () => new ChainedStream().append(anEvent()).appendAsBefore(anEvent())],
  ])('finds nothing in %s', (_, make) => {
    expect(chainBreaches(make().events)).toEqual([]);
  });

  test('says which events, of which stream, and what to do', () => {
    const { events } = new ChainedStream().append(anEvent()).append(anEvent(), anEvent());
    Object.assign(events[1]!.data as object, { credits: 8 });
    expect(chainBreaches(events)).toEqual([
      'the hash at revision 2 does not fit revisions 1 to 2 of s-1: an event there, or the hash itself, was changed after it was stored. Compare these events with a backup, and find out who can write to the store (docs/hash-chain.md).',
    ]);
  });

  test('knows which streams have a history that is not sealed', () => {
    const older = new ChainedStream().appendAsBefore(anEvent(), anEvent()).append(anEvent());
    const lacking = ({ events }: ChainedStream) => {
      const check = new ChainCheck('s-1');
      for (const event of events) {
        check.take(event);
        if (event.type === 'HistorySealed') check.takeSeal(event.data as never);
      }
      return check.lacksSeal;
    };
    expect(lacking(older)).toBe(true);
    expect(lacking(new ChainedStream().append(anEvent()))).toBe(false);
    expect(lacking(older.sealHistory())).toBe(false);
  });

  test('takes a seal of too little with the one that makes up for it, and refuses one of too much', () => {
    const sealOf = (upTo: number) => anEvent('HistorySealed', { upTo, digest: 'x' });
    const early = new ChainedStream().appendAsBefore(anEvent(), anEvent()).append(sealOf(0)).sealHistory();
    expect(chainBreaches(early.events)).toEqual([]);
    const beyond = new ChainedStream().appendAsBefore(anEvent(), anEvent()).append(sealOf(2));
    expect(chainBreaches(beyond.events)).toHaveLength(1);
  });
});

/** A stream of appends of every kind, whose end and history are covered. */
const streams = fc
  .array(fc.record({ isOlder: fc.boolean(), size: fc.integer({ min: 1, max: 4 }) }), {
    minLength: 2,
    maxLength: 12,
  })
  .map((appends) => {
    const stream = new ChainedStream();
    for (const { isOlder, size } of appends) {
      const events = Array.from({ length: size }, (_, i) => anEvent('granted', { credits: i, job: { n: 1 } }));
      if (isOlder) stream.appendAsBefore(...events);
      else stream.append(...events);
    }
    return stream.sealHistory().append(anEvent()).events;
  });
type Tampering = (events: RecordedEvent[], at: number) => void;
const edit =
  (member: (event: RecordedEvent) => object): Tampering =>
  (events, at) =>
    void (events[at] = { ...events[at]!, ...member(events[at]!) });
/** Changes any event but the last one: a chain cannot detect that a stream is cut off at its end, or that its last hash is removed. */
const CHANGES: Readonly<Record<string, Tampering>> = {
  'an amount': edit(({ data }) => ({ data: { ...(data as object), credits: 99 } })),
  'a nested member': edit(({ data }) => ({ data: { ...(data as object), job: { n: 2 } } })),
  'a member more': edit(({ data }) => ({ data: { ...(data as object), more: null } })),
  'a time': edit(({ metadata }) => ({ metadata: { ...(metadata as object), recordedAt: '2026-11-21T09:30:00.001Z' } })),
  'an id': edit(({ id }) => ({ id: `${id}0` })),
  'a type': edit(() => ({ type: 'revoked' })),
  'a revision': edit(({ revision }) => ({ revision: revision + 1 })),
  'a stream': edit(({ stream }) => ({ stream: `${stream}0` })),
  'a hash': edit(({ metadata }) => ({ metadata: { ...(metadata as object), hash: 'A'.repeat(43) } })),
  'no hash': (events, at) => {
    while (hashIn(events[at]!.metadata) === undefined) at++;
    if (at < events.length - 1)
      edit(({ metadata }) => ({ metadata: { ...(metadata as object), hash: undefined } }))(events, at);
    else CHANGES['a type']!(events, at);
  },
  'an event less': (events, at) => void events.splice(at, 1),
  'an event twice': (events, at) => void events.splice(at, 0, events[at]!),
  'two events exchanged': (events, at) => void events.splice(at, 2, events[at + 1]!, events[at]!),
  'the contents of two exchanged': (events, at) => {
    const [one, other] = [events[at]!, events[at + 1]!];
    events.splice(at, 2, { ...other, revision: one.revision }, { ...one, revision: other.revision });
  },
};

test('of 1,000 changes to what is stored, 1,000 are found', () => {
  let found = 0;
  const change = fc.constantFrom(...Object.keys(CHANGES));
  const at = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  fc.assert(
    fc.property(streams, change, at, (stored, name, where) => {
      expect(chainBreaches(stored)).toEqual([]);
      const events = [...stored];
      CHANGES[name]!(events, Math.floor(where * (events.length - 1)));
      if (chainBreaches(events).length > 0) found += 1;
      else throw new Error(`${name} was not found`);
    }),
    { numRuns: 1_000 },
  );
  expect(found).toBe(1_000);
});
