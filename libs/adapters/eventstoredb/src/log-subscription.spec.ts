import { EventEmitter, once } from 'node:events';
import { Logger } from '@nestjs/common';
import { UnavailableError } from '@eventstore/db-client';
import { ClockSkew } from './clock-skew';
import type { EventStoreDbConnection } from './connection';
import { LogSubscription } from './log-subscription';
import { RecentLog } from './recent-log';

interface SubscriptionCall {
  readonly fromPosition: unknown;
  readonly filter: { readonly checkpointReached: (subscription: unknown, position: unknown) => void };
}
beforeAll(() => Logger.overrideLogger(false));
const at = (position: number) => ({ commit: BigInt(position), prepare: BigInt(position) });
const cut = () => new UnavailableError({ code: 14, message: 'cut' } as never);
const event = (position: number) => ({
  event: { streamId: 'credits-1', revision: 0n, position: at(position) },
  commitPosition: BigInt(position),
});

/** Client whose server events are triggered by the test. */
class ScriptedClient extends EventEmitter {
  readonly asked: SubscriptionCall[] = [];
  readonly subscriptions: EventEmitter[] = [];

  subscribeToAll(asked: SubscriptionCall) {
    const subscription = Object.assign(new EventEmitter(), { unsubscribe: () => Promise.resolve() });
    this.asked.push(asked);
    this.subscriptions.push(subscription);
    this.emit('subscribed');
    return subscription;
  }

  checkpoint(of: number, position: number | bigint): void {
    const [commit, prepare] = [BigInt(position), BigInt(position)];
    this.asked[of]!.filter.checkpointReached(this.subscriptions[of], { commit, prepare });
  }
}

const never = new AbortController().signal;
const setUp = () => {
  const client = new ScriptedClient();
  const recent = new RecentLog();
  const subscriptionRefused = jest.fn();
  const settings = { resubscribeMs: 50, checkpointEvents: 1, prefixes: ['credits-'], subscriptionRefused };
  const clock = new ClockSkew();
  const watch = new LogSubscription({ client, settings, clock } as unknown as EventStoreDbConnection, recent);
  const waitFrom = (position: number) => void watch.waitForEvents(position, never);
  const starts = () => client.asked.map(({ fromPosition }) => fromPosition);
  return { client, recent, watch, waitFrom, starts, subscriptionRefused };
};

test('a new subscription starts after the last event or checkpoint of the previous one', async () => {
  const { client, watch, waitFrom } = setUp();
  waitFrom(100);
  client.subscriptions[0]!.emit('data', event(120));
  client.checkpoint(0, 150);
  client.subscriptions[0]!.emit('error', cut());
  await once(client, 'subscribed');
  client.subscriptions[1]!.emit('data', event(170));
  client.subscriptions[1]!.emit('error', cut());
  await once(client, 'subscribed');
  expect(client.asked.map(({ fromPosition }) => fromPosition)).toEqual([at(100), at(150), at(170)]);
  await watch.close();
});

test('a replaced subscription does not move a later one past an earlier position', async () => {
  const { client, recent, watch, waitFrom } = setUp();
  waitFrom(100);
  waitFrom(50);
  // Already sent by the server before the subscription was replaced.
  client.checkpoint(0, 150);
  client.subscriptions[0]!.emit('data', event(160));
  await once(client, 'subscribed');
  expect(client.asked[1]!.fromPosition).toEqual(at(50));
  expect(recent.after(50, 10)).toEqual([]);
  await watch.close();
});

test('the checkpoint 2^64 - 1 is not used as a start: events written before the next subscription are delivered', async () => {
  const { client, recent, watch, waitFrom, starts } = setUp();
  waitFrom(100);
  client.checkpoint(0, 2n ** 64n - 1n);
  client.subscriptions[0]!.emit('error', cut());
  await once(client, 'subscribed');
  expect(starts()).toEqual([at(100), at(100)]);
  await watch.close();
  expect(recent.after(100, 10)).toEqual([]);
});

test('the first event of a new subscription does not confirm earlier events', async () => {
  const { client, recent, watch, waitFrom } = setUp();
  waitFrom(100);
  client.subscriptions[0]!.emit('error', cut());
  await once(client, 'subscribed');
  // An event at 150 was written between the subscriptions.
  for (const position of [170, 180]) client.subscriptions[1]!.emit('data', event(position));
  expect(recent.after(100, 10)).toEqual([]);
  expect(recent.after(170, 10)).toMatchObject([{ position: 180 }]);
  await watch.close();
});

test('a refusal is reported and counted; the next subscription starts after the last event, and its first event ends the refusal', async () => {
  const { client, watch, waitFrom, starts, subscriptionRefused } = setUp();
  waitFrom(100);
  client.subscriptions[0]!.emit('data', event(120));
  client.checkpoint(0, 150);
  for (let i = 0; i < 3; i++) {
    client.subscriptions[i]!.emit('confirmation');
    client.subscriptions[i]!.emit('error', new Error('Trying to read from an invalid position.'));
    await once(client, 'subscribed');
    expect(watch.fault).toBe('the subscription to $all is refused: Trying to read from an invalid position');
  }
  expect(starts()).toEqual([at(100), at(120), at(120), at(120)]);
  expect(subscriptionRefused).toHaveBeenCalledTimes(3);
  client.subscriptions[3]!.emit('caughtUp');
  expect(watch.fault).toBeUndefined();
  await watch.close();
});

test('an older server without `caughtUp` is trusted when its subscription lasts', async () => {
  const { client, watch, waitFrom } = setUp();
  waitFrom(100);
  client.subscriptions[0]!.emit('error', new Error('no'));
  await once(client, 'subscribed');
  client.subscriptions[1]!.emit('confirmation');
  expect(watch.fault).toBeDefined();
  while (watch.fault !== undefined) await new Promise((resolve) => setImmediate(resolve));
  await watch.close();
});

test('a lost connection is not a refusal', async () => {
  const { client, watch, waitFrom, subscriptionRefused } = setUp();
  waitFrom(100);
  client.subscriptions[0]!.emit('error', cut());
  await once(client, 'subscribed');
  expect([watch.fault, subscriptionRefused.mock.calls]).toEqual([undefined, []]);
  await watch.close();
});
