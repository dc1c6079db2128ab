import type { EventStoreDbEventStore } from '@tallystick/adapters/eventstoredb';
import { AmbiguousAppend, AppendRefused, NO_STREAM, StoreUnavailable, WrongRevision } from '@tallystick/eventing';
import { StoreFixture, someEvents, storedIn } from '../../support/eventstoredb/store-fixture';
import type { AppendFault } from '../../support/eventstoredb/faults';
import type { TestServer } from '../../support/eventstoredb/server';
import { until } from '../../support/until';

const TIMEOUT = 400;
/** Allowance for a loaded machine, far below the time-outs of the client (10 and 20 seconds). */
const SLACK = 1_500;

const bench = new StoreFixture();
afterAll(() => bench.close());
let streams = 0;
const fresh = () => `credits-${++streams}`;
const failureOf = (append: Promise<unknown>) =>
  append.then(
    () => undefined,
    (error: unknown) => error,
  );
const idsOf = (events: readonly { id: string }[]) => events.map(({ id }) => id);

describe.each([
  ['many appends over one call', true],
  ['the older call, one per append', false],
])('An append, by %s,', (_, batchAppend) => {
  let server: TestServer;
  let store: EventStoreDbEventStore;
  let patient: EventStoreDbEventStore;
  let stream: string;
  beforeAll(async () => {
    server = await bench.start({ batchAppend });
    store = await bench.open(server, { appendTimeoutMs: TIMEOUT });
    patient = await bench.open(server, { appendTimeoutMs: 60_000 });
  });
  beforeEach(() => void (stream = fresh()));

  it('is sent to the leader, by the call that the server supports', async () => {
    server.calls.length = 0;
    const other = await bench.open(server);
    await other.append(stream, NO_STREAM, someEvents(1));
    const appends = server.calls.filter(({ method }) => /append/i.test(method));
    expect(appends).toEqual([{ method: batchAppend ? 'batchAppend' : 'append', requiresLeader: true }]);
  });

  it('at a wrong revision is refused with the actual revision', async () => {
    expect(await failureOf(store.append(stream, 7, someEvents(1)))).toEqual(new WrongRevision(stream, 7, NO_STREAM));
    await store.append(stream, NO_STREAM, someEvents(3));
    for (const expected of [NO_STREAM, 0, 9])
      expect(await failureOf(store.append(stream, expected, someEvents(1)))).toMatchObject({
        name: 'WrongRevision',
        actual: 2,
      });
    expect(await store.append(stream, 2, someEvents(2))).toBe(4);
  });

  it.each<[AppendFault, number, number]>([
    ['black hole', TIMEOUT, 0],
    ['store, then black hole', TIMEOUT, 1],
    ['cut', 0, 0],
    ['store, then cut', 0, 1],
  ])('with the fault "%s" is ambiguous within the time limit', async (fault, least, times) => {
    const events = someEvents(3);
    server.faults.add(fault);
    const started = performance.now();
    const failure = await failureOf(store.append(stream, NO_STREAM, events));
    const took = performance.now() - started;
    expect(failure).toBeInstanceOf(AmbiguousAppend);
    expect(took).toBeGreaterThan(least - 5);
    expect(took).toBeLessThan(least + SLACK);
    expect(storedIn(server, stream)).toEqual(times === 1 ? idsOf(events) : []);
    // The same append, repeated, is stored once, whether or not the first one was stored.
    expect(await patient.append(stream, NO_STREAM, events)).toBe(2);
    expect(storedIn(server, stream)).toEqual(idsOf(events));
  });

  it('that the server processes late is ambiguous and can still be stored afterwards', async () => {
    const events = someEvents(2);
    const held = server.faults.hold();
    const append = failureOf(store.append(stream, NO_STREAM, events));
    await held.arrived;
    expect(await append).toBeInstanceOf(AmbiguousAppend);
    expect(storedIn(server, stream)).toEqual([]);
    held.release();
    await until(() => storedIn(server, stream).length > 0);
    expect(await patient.append(stream, 1, someEvents(1))).toBe(2);
    expect(storedIn(server, stream).slice(0, 2)).toEqual(idsOf(events));
  });

  it('to an unavailable server is not sent: it is neither stored nor ambiguous', async () => {
    await store.append(stream, NO_STREAM, someEvents(1));
    await server.link.down();
    server.calls.length = 0;
    const fails = () => failureOf(store.append(stream, 0, someEvents(1)));
    // Until the client has noticed the broken connection, the result is ambiguous.
    await until(async () => (await fails()) instanceof StoreUnavailable);
    expect(await fails()).toBeInstanceOf(StoreUnavailable);
    await server.link.up(server.port);
    expect([server.calls, storedIn(server, stream).length]).toEqual([[], 1]);
    expect(await patient.append(stream, 0, someEvents(1))).toBe(1);
  });

  it('gets its own outcome when the connection breaks under a hundred appends', async () => {
    const appends = Array.from({ length: 100 }, (_, i) => ({ to: fresh(), events: someEvents(1 + (i % 3)) }));
    for (let i = 0; i < 100; i++) {
      if (i % 3 === 0) server.faults.add({ delay: 0 });
      else server.faults.add(i % 3 === 1 ? 'black hole' : 'store, then black hole');
    }
    let answered = 0;
    const outcomes = appends.map(async ({ to, events }) => {
      const outcome = await failureOf(patient.append(to, NO_STREAM, events));
      answered += 1;
      return outcome;
    });
    const stored = () => appends.filter(({ to }) => storedIn(server, to).length > 0).length;
    await until(() => answered === 34 && stored() === 67);
    server.link.cut();
    const failures = await Promise.all(outcomes);
    expect(failures.filter((failure) => failure === undefined)).toHaveLength(34);
    for (const [i, failure] of failures.entries())
      if (failure) expect(failure).toBeInstanceOf(AmbiguousAppend);
      else expect(storedIn(server, appends[i]!.to)).toEqual(idsOf(appends[i]!.events));
    await Promise.all(appends.map(({ to, events }) => patient.append(to, NO_STREAM, events)));
    for (const { to, events } of appends) expect(storedIn(server, to)).toEqual(idsOf(events));
  });

  it('that is still being sent when the connection breaks gets an outcome', async () => {
    const appends = Array.from({ length: 40 }, () => ({ to: fresh(), events: someEvents(2, 'x'.repeat(50_000)) }));
    await patient.append(stream, NO_STREAM, someEvents(1));
    await store.append(stream, 0, someEvents(1));
    server.link.stall();
    const outcomes = appends.map(({ to, events }) => failureOf(patient.append(to, NO_STREAM, events)));
    // As long as a later append has waited for its time-out.
    expect(await failureOf(store.append(stream, 1, someEvents(1)))).toBeInstanceOf(AmbiguousAppend);
    server.link.cut();
    server.link.resume();
    for (const outcome of await Promise.all(outcomes)) expect(outcome).toBeInstanceOf(AmbiguousAppend);
    for (const { to, events } of appends.slice(0, 5)) {
      expect(await patient.append(to, NO_STREAM, events)).toBe(1);
      expect(storedIn(server, to)).toEqual(idsOf(events));
    }
  });

  it('repeated after a restart is stored once at its own revision, but again at the new end of the stream', async () => {
    const events = someEvents(2);
    server.faults.add('store, then cut');
    await expect(store.append(stream, NO_STREAM, events)).rejects.toBeInstanceOf(AmbiguousAppend);
    await server.restart();
    expect(await patient.append(stream, NO_STREAM, events)).toBe(1);
    expect(storedIn(server, stream)).toEqual(idsOf(events));
    // At the end of a stream the server does not compare ids. That is why callers check their state.
    const { length } = await patient.read(stream, 0, 10);
    expect(await patient.append(stream, length - 1, events)).toBe(3);
    expect(storedIn(server, stream)).toEqual([...idsOf(events), ...idsOf(events)]);
  });

  it('over the size limit is refused before it is sent', async () => {
    const small = await bench.open(server, { maxAppendBytes: 10_000 });
    server.calls.length = 0;
    const failure = await failureOf(small.append(stream, NO_STREAM, someEvents(2, 'ü'.repeat(2_500))));
    expect(failure).toBeInstanceOf(AppendRefused);
    expect((failure as Error).message).toMatch(/^An append of 10\d{3} bytes to .* is over the 10000 allowed\.$/);
    expect(server.calls).toEqual([]);
    expect(await small.append(stream, NO_STREAM, someEvents(1, 'ü'.repeat(2_500)))).toBe(0);
  });

  it('over the limit of the server is refused with a message and does not affect other appends', async () => {
    const strict = await bench.start({ batchAppend, maxAppendBytes: 10_000 });
    const trusting = await bench.open(strict);
    const outcomes = [1, 5_500, 1].map((letters) =>
      failureOf(trusting.append(fresh(), NO_STREAM, someEvents(2, 'x'.repeat(letters)))),
    );
    expect(await Promise.all(outcomes)).toEqual([undefined, expect.any(AppendRefused), undefined]);
  });
});

describe('Two stores in one process', () => {
  it('make each other’s appends ambiguous at most: a late response does not end the process', async () => {
    const [first, second] = [await bench.start(), await bench.start()];
    const [one, other] = [await bench.open(first), await bench.open(second)];
    const [mine, theirs] = [fresh(), fresh()];
    const held = first.faults.hold();
    const append = failureOf(one.append(mine, NO_STREAM, someEvents(1)));
    await held.arrived;
    second.faults.add('cut');
    expect(await failureOf(other.append(theirs, NO_STREAM, someEvents(1)))).toBeInstanceOf(AmbiguousAppend);
    // The client keeps the appends of all its stores in one map, which it clears when one of them fails.
    expect(await append).toBeInstanceOf(AmbiguousAppend);
    held.release();
    expect(await one.append(mine, 0, someEvents(1))).toBe(1);
  });
});
