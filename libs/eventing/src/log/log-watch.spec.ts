import type { NewEvent } from '../ports/event-store';
import { Lag } from './lag';
import { beginEpoch, readEpochs } from './log-identity';
import { LogWatch } from './log-watch';
import { anEvent, InMemoryEventStore } from '@tallystick/eventing-testing';

const AT = '2026-01-01T00:00:00.000Z';

/** A store that is exchanged for another one behind the watch, as a server's log is by a restore. */
async function watched(...events: readonly NewEvent[]) {
  const log = async (some: readonly NewEvent[]) => {
    const store = new InMemoryEventStore();
    await beginEpoch(store, [], { reason: 'opened', at: AT });
    if (some.length > 0) await store.append('credits-a', -1, some);
    return store;
  };
  const current = { store: await log(events) };
  const store = new Proxy({} as InMemoryEventStore, {
    get: (_, name) => (current.store[name as never] as () => unknown).bind(current.store),
  });
  const watch = new LogWatch(store, 'credits-', 1);
  await watch.check();
  const exchange = async (...some: readonly NewEvent[]) => void (current.store = await log(some));
  return { watch, store, exchange };
}

describe('A watch over a log', () => {
  const [a, b, c, d] = [anEvent(), anEvent(), anEvent(), anEvent()];

  it('is content with a log that grows', async () => {
    const { watch, store } = await watched(a);
    await store.append('credits-a', 0, [b, c]);
    await watch.check();
    expect([watch.fault, watch.end?.id]).toEqual([undefined, c.id]);
  });

  it.each<[string, readonly NewEvent[]]>([
    ['is shorter', [a]],
    ['is empty', []],
    ['has another event at its end', [a, d]],
    ['has another event there, and goes on', [a, d, c]],
  ])('notices a log that %s, and that it is right again', async (_, other) => {
    const { watch, exchange } = await watched(a, b);
    await exchange(...other);
    await watch.check();
    expect(watch.fault).toMatch(/restored from an older backup/);
    await exchange(a, b);
    await watch.check();
    expect(watch.fault).toBeUndefined();
  });

  it('notices that views have had more than the log has', async () => {
    const { watch } = await watched(a, b);
    await watch.check(2);
    expect(watch.fault).toBeUndefined();
    await watch.check(3);
    expect(watch.fault).toMatch(/position 3/);
  });

  it('notices a new epoch', async () => {
    const { watch, store } = await watched(a);
    await beginEpoch(store, await readEpochs(store), { reason: 'truncated', at: AT });
    await watch.check();
    expect(watch.fault).toMatch(/new epoch/);
  });
});

describe('Lag', () => {
  it('counts from when the oldest end was seen that is not reached', () => {
    const lag = new Lag();
    lag.recordEnd(5, 1_000);
    lag.recordEnd(5, 2_000);
    lag.recordEnd(8, 3_000);
    expect([lag.seconds(4, 6_000), lag.seconds(5, 6_000), lag.seconds(8, 6_000)]).toEqual([5, 3, 0]);
    lag.recordEnd(9, 7_000);
    expect(lag.seconds(8, 8_000)).toBe(1);
  });

  it('stays bounded while nothing is reached', () => {
    const lag = new Lag();
    for (let i = 0; i < 10_000; i++) lag.recordEnd(i, i);
    expect(lag.seconds(-1, 10_000)).toBe(10);
    expect(lag.seconds(9_998, 10_000)).toBeLessThan(0.01);
  });
});
