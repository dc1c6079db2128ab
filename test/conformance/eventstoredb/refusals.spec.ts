import type { EventStoreDbEventStore } from '@tallystick/adapters/eventstoredb';
import { Logger } from '@nestjs/common';
import {
  AmbiguousAppend,
  AppendRefused,
  type NewEvent,
  RevisionGap,
  StoreUnavailable,
  StreamDeleted,
} from '@tallystick/eventing';
import { StoreFixture, someEvents } from '../../support/eventstoredb/store-fixture';
import { ReadResp, type BatchAppendReq } from '@eventstore/db-client/generated/streams_pb';
import { refusal, type Script, scripted, stored } from '../../support/eventstoredb/scripted-server';

beforeAll(() => Logger.overrideLogger(false));
const bench = new StoreFixture();
const stops: (() => void)[] = [];
afterEach(async () => {
  await bench.close();
  for (const stop of stops.splice(0)) stop();
});

type AppendHandler = NonNullable<Script['append']>;
const openOn = async (append: AppendHandler, options = {}): Promise<EventStoreDbEventStore> => {
  const { port, stop } = await scripted({ append, read: (call) => call.end() });
  stops.push(stop);
  return bench.openAt({
    hosts: [{ name: '127.0.0.1', port }],
    tls: false,
    prefixes: ['credits-'],
    ...options,
  });
};
const failureOf = (append: Promise<unknown>) =>
  append.then(
    () => undefined,
    (error: unknown) => error,
  );
const OURS = 'event_store.client.';

describe('An append that the server refuses', () => {
  it.each([
    ['the stream is deleted', refusal(`${OURS}StreamDeleted`), StreamDeleted, /was deleted on the server/],
    ['the user has no right', refusal(`${OURS}AccessDenied`), StoreUnavailable, /user may not write to credits-1/],
    ['a value is invalid', refusal(`${OURS}Unknown`), AppendRefused, /refuses the append to credits-1/],
    [
      'the request is malformed',
      refusal(`${OURS}BadRequest`, 'stream name'),
      AppendRefused,
      /refuses the append to credits-1/,
    ],
    [
      'the server starts or stops',
      refusal('google.protobuf.Empty', 'Server Is Not Ready'),
      StoreUnavailable,
      /does not accept appends at the moment: .*Server Is Not Ready\.$/,
    ],
    [
      'the server has timed out',
      refusal(`${OURS}Timeout`),
      AmbiguousAppend,
      /^It is unknown whether .*: the server timed out\.$/,
    ],
  ])('because %s has its own error', async (_, answer, kind, sentence) => {
    const store = await openOn(() => answer);
    const failure = await failureOf(store.append('credits-1', 4, someEvents(2)));
    expect(failure).toBeInstanceOf(kind);
    expect((failure as Error).message).toMatch(sentence);
  });

  it.each<[string, string, Partial<NewEvent>]>([
    ['without a stream', '', {}],
    ['with an id that is not a UUID', 'credits-1', { id: 'not-a-uuid' }],
    ['without a type', 'credits-1', { type: '' }],
  ])('%s is not sent', async (_, stream, change) => {
    const asked = jest.fn(() => stored(0));
    const store = await openOn(asked);
    const events = someEvents(1).map((event) => ({ ...event, ...change }));
    expect(await failureOf(store.append(stream, -1, events))).toBeInstanceOf(AppendRefused);
    expect(asked).not.toHaveBeenCalled();
  });
});

test.each([
  ['further on, after deleted events', -1, 2, 6, 'Stream credits-1 lacks revisions 0 to 4.'],
  ['further on than its end', 4, 1, 9, 'Stream credits-1 lacks revisions 5 to 8.'],
])('an append that is stored %s quarantines its stream', async (_, expected, count, next, sentence) => {
  const store = await openOn(() => stored(next));
  const failure = await failureOf(store.append('credits-1', expected, someEvents(count)));
  expect(failure).toBeInstanceOf(RevisionGap);
  expect((failure as Error).message).toBe(sentence);
});

test('an append has a deadline that does not depend on the clock', async () => {
  const asked: BatchAppendReq.Options[] = [];
  const store = await openOn((options) => {
    asked.push(options);
    return stored(0);
  });
  await store.append('credits-1', -1, someEvents(1));
  expect(asked[0]!.getDeadline()!.toDate().getTime()).toBeGreaterThan(Date.now() + 300 * 86_400_000);
});

describe('Health', () => {
  const wrongVersion = refusal(`${OURS}WrongExpectedVersion`);

  it('checks the write permission with a revision that no stream has', async () => {
    const asked: string[] = [];
    const store = await openOn((options) => {
      asked.push(options.getStreamPosition());
      return wrongVersion;
    });
    expect(await store.health()).toEqual({});
    await store.health();
    expect(asked).toEqual([String(Number.MAX_SAFE_INTEGER - 1)]);
  });

  it('reports refused writes, checks again after a refused append, and reports when writes are allowed', async () => {
    let answer = refusal(`${OURS}AccessDenied`);
    const store = await openOn(() => answer);
    expect(await store.health()).toMatchObject({ fault: 'writes are refused for the user "anonymous"' });
    await failureOf(store.append('credits-1', -1, someEvents(1)));
    answer = wrongVersion;
    expect(await store.health()).toEqual({});
  });

  it('reports that writes get no response', async () => {
    const store = await openOn(() => refusal(`${OURS}Timeout`));
    expect(await store.health()).toMatchObject({ fault: expect.stringMatching(/^writes get no answer: /) });
  });

  it('reports and counts a refused subscription', async () => {
    const subscriptionRefused = jest.fn();
    const { port, stop } = await scripted({
      append: () => wrongVersion,
      read: (call) => {
        if (!call.request.getOptions()!.hasSubscription()) return call.end();
        call.write(new ReadResp().setConfirmation(new ReadResp.SubscriptionConfirmation()));
        call.emit(
          'error',
          Object.assign(new Error(), { code: 3, details: 'Trying to read from an invalid position.' }),
        );
      },
    });
    stops.push(stop);
    const reported = new Promise((resolve) => subscriptionRefused.mockImplementation(resolve));
    const hosts = [{ name: '127.0.0.1', port }];
    const store = await bench.openAt({ hosts, tls: false, subscriptionRefused });
    const waiting = store.waitForEvents(-1, new AbortController().signal);
    await reported;
    expect(await store.health()).toMatchObject({
      fault: 'the subscription to $all is refused: Trying to read from an invalid position',
    });
    await store.close();
    await waiting;
  });

  it('reports that the clocks differ', async () => {
    const { now } = Date;
    const clock = jest.spyOn(Date, 'now').mockImplementation(() => now() - 11_000);
    const store = await openOn(() => wrongVersion);
    expect(await store.health()).toMatchObject({
      note: expect.stringMatching(/^the clock of this machine is 1\d(\.\d)? s behind the event store’s$/),
    });
    clock.mockRestore();
  });
});
