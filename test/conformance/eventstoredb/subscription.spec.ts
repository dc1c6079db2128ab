import type { EventStoreDbEventStore } from '@tallystick/adapters/eventstoredb';
import { LOG_START, NO_STREAM } from '@tallystick/eventing';
import { wholeLog } from '@tallystick/eventing-testing';
import { StoreFixture, PREFIX, someEvents } from '../../support/eventstoredb/store-fixture';
import { Follower } from '../../support/eventstoredb/follower';
import type { TestServer } from '../../support/eventstoredb/server';
import { until } from '../../support/until';

const bench = new StoreFixture();
const never = new AbortController().signal;
const followers: Follower[] = [];
afterEach(async () => {
  await Promise.all(followers.splice(0).map((follower) => follower.stop()));
  await bench.close();
});
const follower = (...args: ConstructorParameters<typeof Follower>) => {
  followers.push(new Follower(...args));
  return followers[followers.length - 1]!;
};

let server: TestServer;
let store: EventStoreDbEventStore;
const setUp = async (options = {}) => {
  server = await bench.start();
  store = await bench.open(server, { resubscribeMs: 200, ...options });
};

/** Writes directly to the log of the server, independently of connections. */
const write = (stream: string, count = 1) =>
  server.log.append(
    stream,
    'any',
    someEvents(count).map(({ id, type }) => ({
      id,
      type,
      contentType: 'application/json',
      data: Buffer.from('{}'),
      metadata: Buffer.alloc(0),
    })),
  );
const written = (prefix = PREFIX) =>
  server.log.events.filter(({ stream }) => stream.startsWith(prefix)).map(({ id }) => id);
const callsOf = (method: string) => server.calls.filter((call) => call.method === method && call.stream === '$all');
const subscribed = (times: number) => until(() => callsOf('subscribe').length >= times);

describe('Following the log', () => {
  const disturbances: [string, () => unknown][] = [
    ['the connection is cut', () => server.link.cut()],
    ['the server is restarted', () => server.restart()],
    [
      'the server is unavailable for a while',
      async () => {
        await server.link.down();
        for (let i = 0; i < 5; i++) write('credits-away');
        await server.link.up(server.port);
      },
    ],
  ];
  it.each(disturbances)('returns every event once when %s', async (_, disturb) => {
    await setUp({ checkpointEvents: 3 });
    const both = [follower(store).follow(), follower(store).follow()];
    for (let round = 0; round < 4; round++) {
      const subscriptions = callsOf('subscribe').length;
      for (let i = 0; i < 20; i++) {
        write(`credits-${i % 3}`, 1 + (i % 2));
        if (i % 4 === 0) write('other-1', 2);
        if (i === 10) await disturb();
      }
      await subscribed(subscriptions + 1);
    }
    write('credits-last');
    const all = written();
    await until(() => both.every(({ ids }) => ids.length >= all.length));
    expect((await wholeLog(store, PREFIX)).map(({ id }) => id)).toEqual(all);
    for (const { ids } of both) expect(ids).toEqual(all);
  });

  it('continues when a silent connection is closed after an unanswered ping', async () => {
    await setUp({ keepAliveTimeoutMs: 100 });
    const one = follower(store).follow();
    write('credits-1');
    await until(() => one.events.length === 1);
    server.link.hang();
    write('credits-1');
    // The client sends pings every ten seconds, which is its minimum.
    await until(() => one.events.length === 2);
    expect(one.ids).toEqual(written());
  }, 40_000);

  it('resubscribes after the events that it has read, including events of other streams', async () => {
    await setUp({ checkpointEvents: 50 });
    write('credits-1');
    await store.waitForEvents(LOG_START, never);
    const { position } = await follower(store).catchUp();
    for (let i = 0; i < 40; i++) {
      const woken = store.waitForEvents(position, never);
      write('other-1', 50);
      await woken;
    }
    const behind = server.log.events.at(-50)!.position;
    server.link.cut();
    await subscribed(2);
    expect(callsOf('subscribe')[1]!.from).toBeGreaterThanOrEqual(behind);
    const grown = store.waitForEvents(position, never);
    write('credits-1');
    await grown;
  });

  it('starts after the requested position, and again from an earlier one if that is requested', async () => {
    await setUp();
    write('credits-1', 3);
    const late = await follower(store).catchUp();
    late.follow();
    await subscribed(1);
    const early = follower(store).follow();
    await until(() => early.events.length === 3);
    await subscribed(2);
    expect(callsOf('subscribe').map(({ from }) => from)).toEqual([late.position, undefined]);
    write('credits-1', 2);
    await until(() => [early, late].every(({ events }) => events.length === 5));
    expect([early.ids, late.ids]).toEqual([written(), written()]);
  });

  it('ends all waits when the store is closed', async () => {
    await setUp();
    const waiting = store.waitForEvents(LOG_START, never);
    await subscribed(1);
    await store.close();
    await waiting;
  });
});

describe('The newest events of the log', () => {
  const twoThatHaveCaughtUp = async (options = {}) => {
    await setUp(options);
    write('credits-1', 5);
    const both = [await follower(store).catchUp(), await follower(store).catchUp()];
    both.forEach((one) => one.follow());
    await subscribed(1);
    // The cache contains all events from the first event of the subscription on.
    write('credits-1');
    await until(() => both.every(({ events }) => events.length === 6));
    server.calls.length = 0;
    return both;
  };

  it('are read from the cache by callers that have caught up, also after a broken connection', async () => {
    const both = await twoThatHaveCaughtUp();
    for (let i = 0; i < 300; i++) {
      write(`credits-${i % 7}`, 1 + (i % 3));
      if (i % 100 === 50) {
        const subscriptions = callsOf('subscribe').length;
        server.link.cut();
        await subscribed(subscriptions + 1);
      }
    }
    const all = written();
    await until(() => both.every(({ ids }) => ids.length >= all.length));
    for (const { ids } of both) expect(ids).toEqual(all);
    // A few events after each of three broken connections.
    expect(callsOf('read').length).toBeLessThan(30);
  });

  it('equal those of a server read, field by field', async () => {
    const [one] = await twoThatHaveCaughtUp();
    const from = one!.position;
    await store.append('credits-new', NO_STREAM, someEvents(3, { text: 'Zoë 🧾', none: null, draws: [1, 2] }));
    await until(() => one!.events.length === 9);
    expect(callsOf('read')).toEqual([]);
    const other = await bench.open(server);
    expect(await other.readLog(from, 100, PREFIX)).toEqual({
      events: one!.events.slice(6),
      position: one!.position,
    });
  });

  it('are read from the server for another prefix or for older events', async () => {
    const [one] = await twoThatHaveCaughtUp();
    const from = one!.position;
    write('credits-2', 2);
    write('other-1', 2);
    await until(() => one!.events.length === 8);
    expect(callsOf('read')).toEqual([]);
    const idsIn = async (after: number, prefix: string) =>
      (await store.readLog(after, 100, prefix)).events.map(({ id }) => id);
    expect(await idsIn(LOG_START, PREFIX)).toEqual(written());
    expect(await idsIn(from, 'credits-2')).toEqual(written('credits-2'));
    expect(await idsIn(from, 'other-')).toEqual(written('other-'));
    expect(callsOf('read')).toHaveLength(3);
    expect(await idsIn(from, PREFIX)).toEqual(written('credits-2'));
    expect(callsOf('read')).toHaveLength(3);
  });

  it('are kept separate for several prefixes', async () => {
    await setUp({ prefixes: [PREFIX, 'other-'] });
    const [one, other] = [follower(store).follow(), follower(store, 'other-').follow()];
    write('credits-1');
    await until(() => one.events.length === 1);
    for (let i = 0; i < 5; i++) {
      write('other-1');
      write('credits-1');
    }
    await until(() => one.events.length >= 6 && other.events.length >= 5);
    expect([one.ids, other.ids]).toEqual([written(), written('other-')]);
  });
});
