import {
  type AllStreamResolvedEvent,
  type EventStoreDBClient,
  type Position,
  type ReadPosition,
  START,
  streamNameFilter,
} from '@eventstore/db-client';
import type { TestServer } from '../../../support/eventstoredb/server';
import { until } from '../../../support/until';
import { clientOf, closeAll, eventOf, startServer } from '../recorded/tables';

const LARGEST = (1n << 64n) - 1n;
const WINDOW = 10;

let server: TestServer;
let client: EventStoreDBClient;
beforeEach(async () => {
  server = await startServer();
  client = clientOf(server);
});
afterEach(closeAll);

const write = (stream: string, count: number) =>
  client.appendToStream(
    stream,
    Array.from({ length: count }, () => eventOf('x')),
  );

/** A subscription to `ours` with a checkpoint after every ten events that it reads. */
function follow(fromPosition: ReadPosition) {
  const checkpoints: Position[] = [];
  const events: string[] = [];
  let isCaughtUp = false;
  const filter = streamNameFilter({
    prefixes: ['ours'],
    maxSearchWindow: WINDOW,
    checkpointInterval: 1,
    checkpointReached: (_, checkpoint) => void checkpoints.push(checkpoint),
  });
  const subscription = client.subscribeToAll({ fromPosition, filter });
  subscription.on('data', ({ event }: AllStreamResolvedEvent) => events.push(`${event!.streamId}@${event!.revision}`));
  subscription.on('caughtUp', () => (isCaughtUp = true));
  // The test server ends before the subscription.
  subscription.on('error', () => undefined);
  return { checkpoints, events, caughtUp: () => until(() => isCaughtUp) };
}

const at = (position: number, prepare = position): Position => ({
  commit: BigInt(position),
  prepare: BigInt(prepare),
});
/** The end of a page of ten events that starts with this event. */
const endOfPage = (first: number) => at(server.log.events[first + WINDOW]!.position, 0);

describe('A filtered subscription', () => {
  it('without events in its catch-up gets the largest possible checkpoint, and no further one', async () => {
    await write('others', 5);
    const { checkpoints, events, caughtUp } = follow(START);
    await caughtUp();
    expect(checkpoints).toEqual([{ commit: LARGEST, prepare: LARGEST }]);
    await write('others', 3 * WINDOW);
    await write('ours', 1);
    await until(() => events.length === 1);
    expect(checkpoints).toHaveLength(1);
  });

  it('that starts from this checkpoint starts at the end', async () => {
    await write('ours-before', 2);
    const { events, caughtUp } = follow({ commit: LARGEST, prepare: LARGEST });
    await caughtUp();
    await write('ours', 1);
    await until(() => events.length > 0);
    expect(events).toEqual(['ours@0']);
  });

  it('gets checkpoints at page ends, of the previous page, with prepare 0', async () => {
    await write('others', 4 * WINDOW);
    const { checkpoints, caughtUp } = follow(START);
    await caughtUp();
    expect(checkpoints).toEqual([at(0), ...[0, 1, 2].map((page) => endOfPage(page * WINDOW))]);
  });

  it('gets a checkpoint at the end of each catch-up: the last event that it found', async () => {
    await write('ours', 3);
    await write('others', 3);
    const { checkpoints, events, caughtUp } = follow(START);
    await caughtUp();
    expect(events).toHaveLength(3);
    const last = server.log.events.findLast(({ stream }) => stream === 'ours')!;
    expect(checkpoints).toEqual([at(last.position)]);
    const again = follow(checkpoints[0]!);
    await again.caughtUp();
    expect([again.events, again.checkpoints]).toEqual([[], checkpoints]);
  });

  it('gets a checkpoint at every tenth new event', async () => {
    await write('ours', 1);
    const { checkpoints, caughtUp } = follow(START);
    await caughtUp();
    const before = server.log.events.length;
    await write('others', 2 * WINDOW + 5);
    await until(() => checkpoints.length >= 3);
    const tenths = [WINDOW, 2 * WINDOW].map((count) => at(server.log.events[before + count - 1]!.position));
    expect(checkpoints.slice(1)).toEqual(tenths);
  });
});

describe.each([
  ['A subscription', undefined],
  ['A filtered subscription', streamNameFilter({ prefixes: ['ours'] })],
])('%s from a position beyond the end', (_, filter) => {
  it('is confirmed and drops new events up to this position', async () => {
    await write('ours', 1);
    const beyond = BigInt(server.log.end + 1_000);
    const seen: bigint[] = [];
    let isConfirmed = false;
    const subscription = client.subscribeToAll({ fromPosition: { commit: beyond, prepare: beyond }, filter });
    subscription.on('confirmation', () => (isConfirmed = true));
    subscription.on('data', ({ event }: AllStreamResolvedEvent) => seen.push(event!.position.commit));
    subscription.on('error', () => undefined);
    await until(() => isConfirmed);
    await write('ours', 30);
    await until(() => seen.length > 0 && seen.at(-1) === BigInt(server.log.events.at(-1)!.position));
    const behind = server.log.events.filter(({ position }) => BigInt(position) > beyond);
    expect(behind.length).toBeLessThan(30);
    expect(seen).toEqual(behind.map(({ position }) => BigInt(position)));
  });
});
