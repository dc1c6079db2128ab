import { instantOf } from '@tallystick/domain/kernel';
import { NOTHING_READ } from '@tallystick/eventing';
import { ALARM_CLOCK, ALARMS, ringWhenDue, SETTINGS, type AlarmsDefinition } from '../../support/alarms';
import { host, HostStores, until, ViewsOfFollower } from '../../support/host';
import { Scheduler } from './scheduler';

const NOON = Date.parse('2026-01-01T12:00:00.000Z');
const MINUTE = 60_000;

let stores: HostStores;
let close: () => Promise<void>;
beforeEach(() => void (stores = new HostStores()));
afterEach(() => close());

/** A process whose scheduler checks when the test says so. */
async function withRule(rule: object = {}, start = false) {
  const definition: AlarmsDefinition = { ...ALARM_CLOCK, due: [{ ...ringWhenDue, ...rule }] };
  const started = jest.spyOn(Scheduler.prototype, 'start');
  if (!start) started.mockReturnValue();
  const process = await host(stores, definition);
  started.mockRestore();
  close = () => process.app.close();
  const set = (id: string, at: number) =>
    process.execute(id, { type: 'Set', dueAt: instantOf(at), now: instantOf(NOON) });
  /** The times at which a clock has rung. */
  const rings = async (id: string) =>
    (await process.commands.read(id, (alarm) => (alarm as { rings: string[] }).rings)).value;
  return { ...process, set, rings, tick: (at: number) => process.app.get(Scheduler).tick(at) };
}

describe('a check', () => {
  test('sends the command, with the time of the check, to each stream that is due by then', async () => {
    const { set, rings, tick } = await withRule();
    await set('before', NOON - 1);
    await set('now', NOON);
    await set('after', NOON + 1);
    await tick(NOON);
    expect(await rings('before')).toEqual([instantOf(NOON)]);
    expect(await rings('now')).toEqual([instantOf(NOON)]);
    expect(await rings('after')).toEqual([]);
  });

  test('sends it once the delay of the rule has passed', async () => {
    const { set, rings, tick } = await withRule({ delayMilliseconds: MINUTE });
    await set('a', NOON);
    await tick(NOON + MINUTE - 1);
    expect(await rings('a')).toEqual([]);
    await tick(NOON + MINUTE);
    expect(await rings('a')).toEqual([instantOf(NOON + MINUTE)]);
  });

  test('leaves a rule out until its interval has passed', async () => {
    const { set, rings, tick } = await withRule({ everyMilliseconds: MINUTE });
    await tick(NOON);
    await set('a', NOON);
    await tick(NOON + MINUTE - 1);
    expect(await rings('a')).toEqual([]);
    await tick(NOON + MINUTE);
    expect(await rings('a')).toEqual([instantOf(NOON + MINUTE)]);
  });

  test('reaches every stream when there are more than fit on a page', async () => {
    const { set, rings, tick } = await withRule();
    const ids = Array.from({ length: 501 }, (_, index) => `a${String(index).padStart(3, '0')}`);
    await Promise.all(ids.map((id) => set(id, NOON)));
    await tick(NOON);
    const all = await Promise.all(ids.map(rings));
    expect(all.filter((times) => times.length === 1)).toHaveLength(501);
  });

  test('goes on with the other streams when one of them fails', async () => {
    const { set, rings, tick, execute } = await withRule();
    for (const id of ['a', 'b', 'c']) await set(id, NOON);
    await expect(execute('b', { type: 'Break', now: instantOf(NOON) })).rejects.toThrow('the alarm clock is broken');
    await tick(NOON);
    expect(await rings('a')).toHaveLength(1);
    expect(await rings('c')).toHaveLength(1);
  });

  test('sends a stream one command, however many of its rows are due', async () => {
    const { set, rings, tick, commands } = await withRule({ table: SETTINGS });
    await set('a', NOON - MINUTE);
    await set('a', NOON);
    const execute = jest.spyOn(commands, 'execute');
    await tick(NOON);
    expect(execute).toHaveBeenCalledTimes(1);
    expect(await rings('a')).toEqual([instantOf(NOON)]);
  });
});

describe('in the background', () => {
  test('the leader sends the command when the clock reaches the due time of a row that was written since', async () => {
    stores.clock.time = NOON;
    const find = jest.spyOn(stores.views, 'find');
    const { set, rings } = await withRule({}, true);
    // It has looked up the next due time, found none, and sleeps.
    await until(() => find.mock.calls.some(([, { limit }]) => limit === 1));
    await set('a', NOON + 1);
    await set('b', NOON + 10 * MINUTE);
    expect(await rings('a')).toEqual([]);
    stores.clock.time = NOON + MINUTE;
    await until(async () => (await rings('a')).length > 0, 10_000);
    expect(await rings('a')).toEqual([instantOf(NOON + MINUTE)]);
    expect(await rings('b')).toEqual([]);
  });

  test('nothing is sent while the clock refuses its reading', async () => {
    const { set, rings } = await withRule({}, true);
    stores.clock.time = undefined;
    const read = jest.spyOn(stores.clock, 'now');
    await set('a', NOON);
    await until(() => read.mock.calls.length > 1);
    expect(await rings('a')).toEqual([]);
    stores.clock.time = NOON;
    await until(async () => (await rings('a')).length > 0);
  });

  test('a follower sends nothing', async () => {
    stores = new HostStores(undefined, new ViewsOfFollower());
    stores.clock.time = NOON;
    await stores.views.open([ALARMS]);
    const put = [{ id: 'a', revision: 0, dueAt: instantOf(NOON) }];
    await stores.views.commit([{ table: ALARMS, checkpoint: NOTHING_READ, put }]);
    const find = jest.spyOn(stores.views, 'find');
    await withRule({}, true);
    await new Promise(setImmediate);
    expect(find).not.toHaveBeenCalled();
  });
});
