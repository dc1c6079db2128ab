import { createHash } from 'node:crypto';
import type { EventStoreDbEventStore } from '@tallystick/adapters/eventstoredb';
import type { Decider } from '@tallystick/domain/kernel';
import { type NewEvent, type RecordedEvent, CommandHandler } from '@tallystick/eventing';
import { chainBreaches, wholeLog } from '@tallystick/eventing-testing';
import { StoreFixture, someEvents } from '../../support/eventstoredb/store-fixture';
import type { TestServer } from '../../support/eventstoredb/server';

const hashOf = (text: string): string => createHash('sha256').update(text).digest('base64url');
type EventWithoutId = Omit<NewEvent, 'id'>;

/** A decider that stores its command as an event and accepts every event. */
const decider: Decider<number, number, EventWithoutId, number> = {
  initial: () => 0,
  due: () => [],
  decide: (count) => ({
    answer: count,
    events: Array.from({ length: count }, (_, i) => ({
      type: 'counted',
      data: { i, share: 0.1, name: 'Zoë 🧾' },
      metadata: { schemaVersion: 1, $correlationId: 'c', none: undefined },
    })),
  }),
  evolve: (state) => state + 1,
};

describe('The hash chain on EventStoreDB', () => {
  const bench = new StoreFixture();
  let server: TestServer;
  let store: EventStoreDbEventStore;
  beforeAll(async () => {
    server = await bench.start();
    store = await bench.open(server);
  });
  afterAll(() => bench.close());

  const snapshots = { schemaVersion: 1, every: () => 2, save: String, load: Number };
  const writer = (options = {}) =>
    new CommandHandler({ store, decider, decode: (recorded) => recorded as EventWithoutId, snapshots, ...options });
  const inStream = async (stream: string): Promise<RecordedEvent[]> => [...(await store.read(stream, 0, 1_000))];
  /** An event of another program, in another form. */
  const foreign = (stream: string, contentType: string, data: Buffer, metadata: Buffer) =>
    server.log.append(stream, 'any', [{ ...someEvents(1)[0]!, contentType, data, metadata }]);

  it('is the same when read by stream and from the log, with older events, foreign events and binary data', async () => {
    const stream = 'credits-1';
    await writer({ chained: false }).execute(stream, 3);
    await writer().execute(stream, 2);
    foreign(stream, 'application/octet-stream', Buffer.from([0, 255, 254]), Buffer.alloc(0));
    foreign(stream, 'application/json', Buffer.from('{"b":1.50,"a":[null]}'), Buffer.from([0, 1]));
    await writer().execute(stream, 1);
    await writer({ chained: false }).execute(stream, 4);
    await writer().execute(stream, 2);
    const events = await inStream(stream);
    expect(events).toHaveLength(14);
    expect(chainBreaches(events)).toEqual([]);
    expect(chainBreaches((await wholeLog(store)).filter((event) => event.stream === stream))).toEqual([]);
    for (const [at, change] of [
      [5, { data: Uint8Array.from([0, 255, 253]) }],
      [6, { metadata: Uint8Array.from([0, 2]) }],
      [12, { id: 'another' }],
    ] as const)
      expect(chainBreaches(events.with(at, { ...events[at]!, ...change }))).toHaveLength(1);
  });

  it('continues from a snapshot, but not from a snapshot of an earlier stream with the same name', async () => {
    const stream = 'credits-2';
    const till = writer();
    for (let i = 0; i < 4; i++) await till.execute(stream, 1);
    const snapshot = (await store.loadSnapshot(stream))!;
    expect(snapshot).toMatchObject({ eventId: expect.any(String), head: expect.any(String) });
    await store.saveSnapshot(stream, { ...snapshot, eventId: 'another', state: '700', hash: hashOf('700') });
    expect((await writer().read(stream, (count) => count)).value).toBe(4);
    await writer().execute(stream, 1);
    expect(chainBreaches(await inStream(stream))).toEqual([]);
  });
});
