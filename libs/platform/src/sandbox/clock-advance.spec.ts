import { type EventStore } from '@tallystick/eventing';
import { InMemoryRecordStore } from '@tallystick/eventing-testing';
import { ActivityRegistry, DueSources, type LogService } from '@tallystick/hosting';
import { systemClock } from '@tallystick/runtime';
import { ClockAdvance } from './clock-advance';
import { SandboxClock } from './sandbox-clock';

const START = Date.parse('2026-01-10T09:00:00.000Z');
const at = (seconds: number): string => new Date(START + seconds * 1_000).toISOString();

interface Due {
  readonly at: number;
  /** Seconds at which the work makes something else due. */
  readonly makes?: number;
  readonly isStuck?: boolean;
}

/** An installation in which `due` seconds after the start something is due. A piece of work appends one event. */
async function given(...due: Due[]) {
  const clock = new SandboxClock(new InMemoryRecordStore(), systemClock);
  await clock.set(START);
  const open = new Set(due);
  const done: [time: string, seconds: number][] = [];
  const sources = new DueSources();
  sources.register({
    nextDue: async (after) =>
      [...open]
        .map((it) => at(it.at))
        .sort()
        .find((time) => time > after),
    runDue: async (now) => {
      const found = [...open].filter((it) => at(it.at) <= now);
      for (const it of found.filter(({ isStuck }) => !isStuck)) {
        open.delete(it);
        done.push([now, it.at]);
        if (it.makes !== undefined) open.add({ at: it.makes });
      }
      return found.length;
    },
  });
  const activities = new ActivityRegistry();
  const log = { isUsed: async () => done.length > 0 } as LogService;
  const store = { last: async () => ({ position: done.length }) } as unknown as EventStore;
  const advance = new ClockAdvance(clock, sources, activities, log, store, { clockIdleSeconds: 0.05 });
  const to = (seconds: number) => advance.advanceTo(() => START + seconds * 1_000, 'to');
  return { clock, done, activities, advance, to };
}

test('it stops at each due instant, in order, and then goes on to the target', async () => {
  const { to, done } = await given({ at: 30 }, { at: 10 }, { at: 61 });
  expect(await to(60)).toEqual({ now: at(60), stops: 2 });
  expect(done).toEqual([
    [at(10), 10],
    [at(30), 30],
  ]);
  expect(await to(61)).toEqual({ now: at(61), stops: 1 });
});

test('what falls due at the same instant because of it is done before the clock goes on', async () => {
  const { to, done } = await given({ at: 10, makes: 10 }, { at: 20, makes: 15 });
  expect(await to(60)).toEqual({ now: at(60), stops: 2 });
  expect(done).toEqual([
    [at(10), 10],
    [at(10), 10],
    [at(20), 20],
    [at(20), 15],
  ]);
});

test('what is due already is done first, without a stop', async () => {
  const { to, done } = await given({ at: 0 });
  expect(await to(0)).toEqual({ now: at(0), stops: 0 });
  expect(done).toEqual([[at(0), 0]]);
});

test('a fraction of a second is due at the next whole one', async () => {
  const { to, done } = await given({ at: 10.2 }, { at: 10.7 });
  expect(await to(60)).toEqual({ now: at(60), stops: 1 });
  expect(done).toEqual([
    [at(11), 10.2],
    [at(11), 10.7],
  ]);
});

test('work that cannot be done does not hold the clock', async () => {
  const { to } = await given({ at: 10, isStuck: true }, { at: 20 });
  expect(await to(60)).toEqual({ now: at(60), stops: 2 });
});

test('it waits until the process is idle, and names what is not', async () => {
  const { to, clock, activities } = await given({ at: 10 });
  let isIdle = true;
  activities.register('worker of billing', { isIdle: () => isIdle });
  await to(5);
  isIdle = false;
  await expect(to(60)).rejects.toMatchObject({
    status: 503,
    code: 'clock_not_idle',
    detail: expect.stringContaining('worker of billing'),
  });
  expect(clock.instant()).toBe(at(5));
  isIdle = true;
  expect(await to(60)).toEqual({ now: at(60), stops: 1 });
});

test('a stop of the process ends it', async () => {
  const { to, advance, activities } = await given({ at: 10 });
  activities.register('worker', { isIdle: () => false });
  const ended = expect(to(60)).rejects.toMatchObject({ status: 503, code: 'unavailable' });
  advance.stop();
  await ended;
});

test('one runs at a time', async () => {
  const { to } = await given();
  const first = to(60);
  await expect(to(70)).rejects.toMatchObject({ status: 409, code: 'clock_advancing' });
  expect(await first).toEqual({ now: at(60), stops: 0 });
  expect(await to(70)).toEqual({ now: at(70), stops: 0 });
});

test('the clock may be set back until something is recorded', async () => {
  const { advance, to } = await given({ at: 10 });
  expect(await advance.set(START - 5_000)).toEqual({ now: at(-5), stops: 0 });
  await to(10);
  await expect(advance.set(START)).rejects.toMatchObject({ status: 422, members: { errors: [{ field: 'now' }] } });
  expect(await advance.set(START + 20_000)).toEqual({ now: at(20), stops: 0 });
});
