import type { RecordedEvent } from '@tallystick/eventing';
import { RecentLog } from './recent-log';

const at = (position: number) => ({ position }) as RecordedEvent;
const filled = (...positions: number[]) => {
  const log = new RecentLog();
  for (const position of positions) log.push(at(position));
  return log;
};
const positions = (log: RecentLog, after: number, limit = 100) =>
  log.after(after, limit).map(({ position }) => position);

test.each([
  ['all of it', 10, 100, [12, 15, 20]],
  ['from a place between two events', 13, 100, [15, 20]],
  ['no more than asked for', 10, 2, [12, 15]],
  ['nothing at the end', 20, 100, []],
  ['nothing from before its first event: something may lie between', 9, 100, []],
])('it gives %s', (_, after, limit, expected) => {
  expect(positions(filled(10, 12, 15, 20), after, limit)).toEqual(expected);
});

test('nothing is sure before the first event', () => {
  expect(positions(new RecentLog(), -1)).toEqual([]);
});

test('the first event is an anchor only: what lies before it, the subscription may have left out', () => {
  const log = filled(10);
  expect([-1, 9, 10].map((after) => positions(log, after))).toEqual([[], [], []]);
});

test('what comes again counts once', () => {
  expect(positions(filled(3, 5, 3, 5, 8), 3)).toEqual([5, 8]);
});

test('a new subscription is trusted from its own first event on', () => {
  const log = filled(3, 5);
  log.clear();
  expect(positions(log, 3)).toEqual([]);
  log.push(at(9));
  expect(positions(log, 5)).toEqual([]);
  log.push(at(11));
  expect(positions(log, 5)).toEqual([]);
  expect(positions(log, 9)).toEqual([11]);
});

test('the oldest go, and are not given half', () => {
  const log = filled(...Array.from({ length: 10_001 }, (_, i) => 2 * i - 2));
  expect(positions(log, -2)).toEqual([]);
  expect(positions(log, 19_990)).toEqual([19_992, 19_994, 19_996, 19_998]);
  expect(log.after(15_000, 10_000).length).toBe(2_499);
});
