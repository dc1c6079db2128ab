import type { RecordedEvent } from '@tallystick/eventing';
import { RecentLog } from './recent-log';

const at = (position: number) => ({ position }) as RecordedEvent;
const filled = (start: number, ...positions: number[]) => {
  const log = new RecentLog();
  log.begin(start);
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
  ['nothing from before the start: something may lie between', 9, 100, []],
])('it gives %s', (_, after, limit, expected) => {
  expect(positions(filled(10, 12, 15, 20), after, limit)).toEqual(expected);
});

test('nothing is sure before it has begun', () => {
  const log = new RecentLog();
  log.push(at(1));
  expect(positions(log, -1)).toEqual([]);
});

test('what comes again counts once', () => {
  expect(positions(filled(-1, 3, 5, 3, 5, 8), -1)).toEqual([3, 5, 8]);
});

test('begun anew it is sure only of what comes from then on', () => {
  const log = filled(-1, 3, 5);
  log.begin(8);
  expect(positions(log, -1)).toEqual([]);
  log.push(at(9));
  expect(positions(log, -1)).toEqual([]);
  expect(positions(log, 8)).toEqual([9]);
});

test('the oldest go, and are not given half', () => {
  const log = filled(-1, ...Array.from({ length: 10_000 }, (_, i) => 2 * i));
  expect(positions(log, -1)).toEqual([]);
  expect(positions(log, 19_990)).toEqual([19_992, 19_994, 19_996, 19_998]);
  expect(log.after(15_000, 10_000).length).toBe(2_499);
});
