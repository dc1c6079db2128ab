import { EventEmitter, once } from 'node:events';
import { ClockSkew } from './clock-skew';
import type { Connection } from './connection';
import { GrowthWatch } from './growth-watch';
import { RecentLog } from './recent-log';

interface Asked {
  readonly fromPosition: unknown;
  readonly filter: { readonly checkpointReached: (subscription: unknown, position: unknown) => void };
}
const at = (position: number) => ({ commit: BigInt(position), prepare: BigInt(position) });
const event = (position: number) => ({
  event: { streamId: 'credits-1', revision: 0n, position: at(position) },
  commitPosition: BigInt(position),
});

/** A server of which the test says when it tells what. */
class Client extends EventEmitter {
  readonly asked: Asked[] = [];
  readonly subscriptions: EventEmitter[] = [];

  subscribeToAll(asked: Asked) {
    const subscription = Object.assign(new EventEmitter(), { unsubscribe: () => Promise.resolve() });
    this.asked.push(asked);
    this.subscriptions.push(subscription);
    this.emit('subscribed');
    return subscription;
  }

  checkpoint(of: number, position: number): void {
    this.asked[of]!.filter.checkpointReached(this.subscriptions[of], at(position));
  }
}

const never = new AbortController().signal;
const setUp = () => {
  const client = new Client();
  const recent = new RecentLog();
  const settings = { resubscribeMs: 50, checkpointEvents: 1, prefixes: ['credits-'] };
  const clock = new ClockSkew();
  const watch = new GrowthWatch({ client, settings, clock } as unknown as Connection, recent);
  const waitFrom = (position: number) => void watch.past(position, never);
  return { client, recent, watch, waitFrom };
};

test('a new subscription starts behind what the last one has brought, or told that it has looked at', async () => {
  const { client, watch, waitFrom } = setUp();
  waitFrom(100);
  client.subscriptions[0]!.emit('data', event(120));
  client.checkpoint(0, 150);
  client.subscriptions[0]!.emit('error', new Error('cut'));
  await once(client, 'subscribed');
  client.subscriptions[1]!.emit('data', event(170));
  client.subscriptions[1]!.emit('error', new Error('cut'));
  await once(client, 'subscribed');
  expect(client.asked.map(({ fromPosition }) => fromPosition)).toEqual([at(100), at(150), at(170)]);
  await watch.close();
});

test('one that was dropped for an earlier position leads no later one past it', async () => {
  const { client, recent, watch, waitFrom } = setUp();
  waitFrom(100);
  waitFrom(50);
  // What was on its way: the server had looked further, and sent on.
  client.checkpoint(0, 150);
  client.subscriptions[0]!.emit('data', event(160));
  await once(client, 'subscribed');
  expect(client.asked[1]!.fromPosition).toEqual(at(50));
  expect(recent.after(50, 10)).toEqual([]);
  await watch.close();
});
