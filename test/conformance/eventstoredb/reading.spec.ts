import type { EventStoreDbEventStore } from '@tallystick/adapters/eventstoredb';
import { LOG_START, NO_STREAM, StoreUnavailable } from '@tallystick/eventing';
import { wholeLog } from '@tallystick/eventing-testing';
import { StoreFixture, PREFIX, someEvents, storedIn } from '../../support/eventstoredb/store-fixture';
import type { TestServer } from '../../support/eventstoredb/server';
import { until } from '../../support/until';

const bench = new StoreFixture();
const stream = 'credits-read';
const never = new AbortController().signal;
const failureOf = (read: Promise<unknown>) =>
  read.then(
    () => undefined,
    (error: unknown) => error,
  );

const READS: [string, (store: EventStoreDbEventStore) => Promise<unknown>][] = [
  ['a stream', (store) => store.read(stream, 0, 10)],
  ['the log', (store) => store.readLog(LOG_START, 10, '')],
  ['a snapshot', (store) => store.loadSnapshot(stream)],
];

describe('A read', () => {
  let server: TestServer;
  let store: EventStoreDbEventStore;
  beforeAll(async () => {
    server = await bench.start();
    store = await bench.open(server);
    await store.append(stream, NO_STREAM, someEvents(3));
  });
  afterAll(() => bench.close());

  it('is sent to the leader, and so is the subscription', async () => {
    server.calls.length = 0;
    for (const [, read] of READS) await read(store);
    await store.waitForEvents(LOG_START, never);
    const asked = server.calls.map(({ method, stream: what, requiresLeader }) => [method, what, requiresLeader]);
    expect(asked).toEqual([
      ['read', stream, true],
      ['read', '$all', true],
      ['read', `snapshot-${stream}`, true],
      ['subscribe', '$all', true],
    ]);
  });

  it.each(READS)('of %s fails in time while the connection hangs, and works again afterwards', async (_, read) => {
    const hasty = await bench.open(server, { readTimeoutMs: 300 });
    server.link.stall();
    const started = performance.now();
    const failure = await failureOf(read(hasty));
    const took = performance.now() - started;
    server.link.resume();
    expect(failure).toBeInstanceOf(StoreUnavailable);
    expect((failure as Error).message).toBe(
      `The event store at 127.0.0.1:${server.port} does not answer: no answer within 300 ms.`,
    );
    expect(took).toBeGreaterThan(295);
    expect(took).toBeLessThan(2_000);
    await read(store);
  });

  it.each(READS)('of %s reports an unavailable server, and works again once it is available', async (_, read) => {
    await server.link.down();
    const failure = await failureOf(read(store));
    expect(failure).toBeInstanceOf(StoreUnavailable);
    expect((failure as Error).message).toMatch(
      new RegExp(`^The event store at 127\\.0\\.0\\.1:${server.port} does not answer: .*[^.]\\.$`),
    );
    await server.link.up(server.port);
    await read(store);
  });

  it.each(READS)('of %s works after a broken connection and after a restart of the server', async (_, read) => {
    await read(store);
    server.link.cut();
    await read(store);
    await server.restart();
    await read(store);
  });

  it('of a long stream that is interrupted returns every event once', async () => {
    const long = 'credits-long';
    for (let i = 0; i < 10; i++) await store.append(long, i * 20 - 1, someEvents(20, 'x'.repeat(10_000)));
    const reads = server.calls.length;
    const reading = store.read(long, 0, 1_000);
    await until(() => server.calls.length > reads);
    server.link.cut();
    expect((await reading).map(({ id }) => id)).toEqual(storedIn(server, long));
    expect(server.calls.filter((call) => call.stream === long)).toHaveLength(2);
  });

  it('of a closed store is refused, and a second close has no effect', async () => {
    const closed = await bench.open(server);
    await closed.close();
    await closed.close();
    for (const [, read] of READS) expect(await failureOf(read(closed))).toBeInstanceOf(StoreUnavailable);
    expect(await failureOf(closed.append(stream, 2, someEvents(1)))).toBeInstanceOf(StoreUnavailable);
    await closed.waitForEvents(LOG_START, never);
  });

  it('of the log passes the positions of other streams without their events, system events or snapshots', async () => {
    await store.saveSnapshot(stream, { revision: 1, schemaVersion: 1, state: '{}', hash: '' });
    await store.append('other-1', NO_STREAM, someEvents(5));
    const seen = (await wholeLog(store, '', 4)).map((event) => event.stream);
    expect([...new Set(seen)].sort()).toEqual(['credits-long', stream, 'other-1']);
    expect((await wholeLog(store, PREFIX, 4)).map(({ id }) => id)).toEqual([
      ...storedIn(server, stream),
      ...storedIn(server, 'credits-long'),
    ]);
  });

  it('of the last event of some streams reads the whole log once, then only what is newer', async () => {
    for (let i = 0; i < 20; i++) await store.append('many-1', i * 20 - 1, someEvents(20));
    const last = async (prefix: string) => {
      const before = server.calls.length;
      const event = await store.last(prefix);
      return [event?.stream, event?.revision, server.calls.length - before];
    };
    const reads = (await last('none-'))[2];
    expect(reads).toBeGreaterThan(1);
    expect(await last('none-')).toEqual([undefined, undefined, 1]);
    expect((await last('other-')).slice(0, 2)).toEqual(['other-1', 4]);
    // (a second read checks that the event is still there)
    expect(await last('other-')).toEqual(['other-1', 4, 2]);
    await store.append('none-1', NO_STREAM, someEvents(2));
    await store.append('many-1', 399, someEvents(1));
    expect(await last('none-')).toEqual(['none-1', 1, 1]);
    expect((await last('other-')).slice(0, 2)).toEqual(['other-1', 4]);
  });
});
