import { Logger } from '@nestjs/common';
import { ClockSkew } from './clock-skew';

const START = Date.UTC(2031, 4, 1);
beforeAll(() => Logger.overrideLogger(false));

/**
 * Simulates requests every `every` ms to a server whose `date` is at most `phase` ms old and whose clock is `ahead` ms
 * behind.
 */
function measure(ahead: number, { phase = 0, times = 1, every = 300, trip = 20 } = {}): ClockSkew {
  let server = START;
  const clock = new ClockSkew(() => server + ahead);
  for (let i = 0; i < times; i++, server += every) {
    const asked = server + ahead;
    server += trip;
    const renewed = server - ((server - START + phase) % 1_000);
    clock.answered(asked, new Date(renewed).toUTCString());
  }
  return clock;
}

const phases = [0, 1, 250, 500, 750, 999];
const allOf = (ahead: number, how = {}) => phases.map((phase) => measure(ahead, { ...how, phase }).note);

test.each([0, -400, 400])('%i ms are tolerated', (ahead) => {
  expect(new Set([...allOf(ahead), ...allOf(ahead, { times: 10 })])).toEqual(new Set([undefined]));
});

test.each([
  [-11_000, 'behind'],
  [-2_600, 'behind'],
  [2_600, 'ahead of'],
  [800 * 86_400_000, 'ahead of'],
])('%i ms are reported after the first response', (ahead, where) => {
  for (const note of allOf(ahead)) expect(note).toMatch(`s ${where} the event store’s`);
});

test.each([-1_700, 1_700])('%i ms are reported after several responses', (ahead) => {
  for (const note of allOf(ahead, { times: 10 })) {
    const seconds = Number(/is ([\d.]+) s/.exec(note ?? '')?.[1]);
    expect(Math.abs(seconds - 1.7)).toBeLessThan(0.7);
  }
});

test('a single slow response proves nothing', () => {
  expect(measure(0, { trip: 20_000 }).note).toBeUndefined();
});

test('without dates, a record with a later time shows that this clock is behind', () => {
  const clock = new ClockSkew(() => START);
  clock.stored(new Date(START + 5_000));
  expect(clock.note).toBe('the clock of this machine is 5 s behind the event store’s');
});

test('with dates, such a record is ignored: the server’s clock may have been set since', () => {
  const clock = measure(0);
  clock.stored(new Date(START + 5_000));
  expect(clock.note).toBeUndefined();
});

test('an old record, a record without a time and a response without a date are ignored', () => {
  const clock = new ClockSkew(() => START);
  clock.stored(new Date(0));
  clock.stored(undefined);
  clock.stored(new Date(START - 86_400_000));
  clock.answered(START, '');
  expect(clock.note).toBeUndefined();
});

test('detects that a clock was corrected', () => {
  let ahead = -11_000;
  const clock = new ClockSkew(() => START + ahead);
  const ask = () => clock.answered(START + ahead, new Date(START).toUTCString());
  ask();
  expect(clock.note).toBeDefined();
  ahead = 0;
  ask();
  expect(clock.note).toBeUndefined();
});
