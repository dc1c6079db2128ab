import { Signal } from '@tallystick/runtime';
import { ActivityRegistry } from './activity-registry';

const NEVER = new AbortController().signal;

/** A part that is idle while `work` is 0. */
function part() {
  const changed = new Signal();
  let work = 0;
  return {
    isIdle: () => work === 0,
    untilIdle: async (signal: AbortSignal) => {
      while (work > 0 && !signal.aborted) await changed.wait({ signal });
    },
    set: (count: number) => {
      work = count;
      changed.notify();
    },
  };
}

test('all parts are idle once each one is, also if one gives work to another', async () => {
  const registry = new ActivityRegistry();
  const [first, second] = [part(), part()];
  registry.register('first', first);
  registry.register('second', second);
  first.set(1);
  expect(await registry.busy()).toEqual(['first']);
  let isIdle = false;
  const idle = registry.untilIdle(NEVER).then(() => (isIdle = true));
  second.set(1);
  first.set(0);
  await new Promise(setImmediate);
  expect([isIdle, await registry.busy()]).toEqual([false, ['second']]);
  second.set(0);
  await idle;
  expect(await registry.busy()).toEqual([]);
});

test('a part that does not report when it becomes idle is asked again', async () => {
  const registry = new ActivityRegistry();
  let asked = 0;
  registry.register('worker', { isIdle: async () => (asked += 1) > 3 });
  await registry.untilIdle(NEVER);
  expect(asked).toBeGreaterThan(3);
});

test('a wait ends with its signal', async () => {
  const registry = new ActivityRegistry();
  registry.register('worker', { isIdle: () => false });
  const stop = new AbortController();
  const waiting = registry.untilIdle(stop.signal);
  stop.abort();
  await waiting;
});

test('a name is registered once', () => {
  const registry = new ActivityRegistry();
  registry.register('worker', part());
  expect(() => registry.register('worker', part())).toThrow('registered twice');
});
