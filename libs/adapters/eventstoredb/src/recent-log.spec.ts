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
  ['from a position between two events', 13, 100, [15, 20]],
  ['at most the limit', 10, 2, [12, 15]],
  ['nothing at the end', 20, 100, []],
  ['nothing from before its first event, because events may be missing', 9, 100, []],
])('returns %s', (_, after, limit, expected) => {
  expect(positions(filled(10, 12, 15, 20), after, limit)).toEqual(expected);
});

test('is empty before the first event', () => {
  expect(positions(new RecentLog(), -1)).toEqual([]);
});

test('is complete only after the first event, because the subscription may skip events before it', () => {
  const log = filled(10);
  expect([-1, 9, 10].map((after) => positions(log, after))).toEqual([[], [], []]);
});

test('ignores repeated events', () => {
  expect(positions(filled(3, 5, 3, 5, 8), 3)).toEqual([5, 8]);
});

test('is complete after the first event of a new subscription', () => {
  const log = filled(3, 5);
  log.clear();
  expect(positions(log, 3)).toEqual([]);
  log.push(at(9));
  expect(positions(log, 5)).toEqual([]);
  log.push(at(11));
  expect(positions(log, 5)).toEqual([]);
  expect(positions(log, 9)).toEqual([11]);
});

test('removes the oldest events and returns no incomplete page', () => {
  const log = filled(...Array.from({ length: 10_001 }, (_, i) => 2 * i - 2));
  expect(positions(log, -2)).toEqual([]);
  expect(positions(log, 19_990)).toEqual([19_992, 19_994, 19_996, 19_998]);
  expect(log.after(15_000, 10_000).length).toBe(2_499);
});
