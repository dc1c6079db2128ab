import type { Kafka } from 'kafkajs';
import { GroupConsumer, type GroupSettings } from './group-consumer';

type Listener = (event: { payload: object }) => void;

/** Fake of kafkajs whose consumers run the given function. */
function kafkaThat(run: (emit: (event: string, payload: object) => void, number: number) => void) {
  let made = 0;
  let open = 0;
  const consumer = () => {
    const number = ++made;
    const listeners = new Map<string, Listener>();
    return {
      events: { CRASH: 'crash', GROUP_JOIN: 'join', HEARTBEAT: 'heartbeat' },
      on: (event: string, listener: Listener) => void listeners.set(event, listener),
      connect: async () => void open++,
      disconnect: async () => void open--,
      subscribe: async () => undefined,
      run: async () => run((event, payload) => listeners.get(event)!({ payload }), number),
    };
  };
  return { kafka: { consumer } as unknown as Kafka, open: () => open };
}

const settings = (joined: () => void, ended: (reason: unknown) => void): GroupSettings => ({
  group: 'g',
  topics: ['t'],
  sessionMilliseconds: 20,
  rebalanceMilliseconds: 20,
  heartbeatMilliseconds: 5,
  fetchMilliseconds: 5,
  concurrency: 1,
  retry: { firstMilliseconds: 1, maxMilliseconds: 2 },
  eachBatch: async () => undefined,
  joined,
  ended,
  changed: () => undefined,
});

test.each<[string, (emit: (event: string, payload: object) => void) => void, RegExp]>([
  ['crashed', (emit) => emit('crash', { error: new TypeError('within kafkajs') }), /within kafkajs/],
  [
    'did not start',
    () => {
      throw new Error('no coordinator');
    },
    /no coordinator/,
  ],
  ['sent no heartbeats', (emit) => emit('join', { memberAssignment: {} }), /no heartbeat was confirmed for 60 ms/],
])('a consumer that %s is disconnected and replaced', async (_, first, reason) => {
  const reasons: string[] = [];
  let joined = () => {};
  const again = new Promise<void>((resolve) => (joined = resolve));
  const { kafka, open } = kafkaThat((emit, number) => {
    if (number === 1) return first(emit);
    emit('join', { memberAssignment: {} });
    emit('heartbeat', {});
  });
  const group = new GroupConsumer(
    kafka,
    settings(
      () => reasons.length > 0 && joined(),
      (error) => reasons.push(String(error)),
    ),
  );
  group.start();
  await again;
  expect([reasons[0], group.isMember, open()]).toEqual([expect.stringMatching(reason), true, 1]);
  await group.stop();
  expect([group.isMember, open()]).toEqual([false, 0]);
});

test('a long outage leaves no listeners or timers behind', async () => {
  const listening = jest.spyOn(AbortSignal.prototype, 'addEventListener');
  const gone = jest.spyOn(AbortSignal.prototype, 'removeEventListener');
  let ends = 0;
  let enough = () => {};
  const often = new Promise<void>((resolve) => (enough = resolve));
  const { kafka } = kafkaThat((emit) => emit('crash', { error: new Error('no broker') }));
  const group = new GroupConsumer(
    kafka,
    settings(
      () => undefined,
      () => ++ends === 20 && enough(),
    ),
  );
  group.start();
  await often;
  await group.stop();
  const leftBehind = listening.mock.calls.length - gone.mock.calls.length;
  jest.restoreAllMocks();
  expect(leftBehind).toBeLessThan(3);
});
