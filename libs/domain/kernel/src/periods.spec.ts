import { CALENDAR_MONTH, isWithin, periodAt, type Anchor } from './periods';

const day = (text: string): string => `${text}T00:00:00.000Z`;
const monthly = (start: string): Anchor => ({ start: day(start), length: 'month' });

describe('a month keeps the day of its anchor; months without it take their last day', () => {
  test.each([
    ['2026-01-31', '2026-01-31', '2026-01-31', '2026-02-28'],
    ['2026-01-31', '2026-02-27', '2026-01-31', '2026-02-28'],
    ['2026-01-31', '2026-02-28', '2026-02-28', '2026-03-31'],
    ['2026-01-31', '2026-03-30', '2026-02-28', '2026-03-31'],
    ['2026-01-31', '2026-03-31', '2026-03-31', '2026-04-30'],
    ['2026-01-31', '2028-02-28', '2028-01-31', '2028-02-29'],
    ['2026-01-31', '2028-02-29', '2028-02-29', '2028-03-31'],
    ['2024-02-29', '2025-02-28', '2025-02-28', '2025-03-29'],
    ['2026-04-11', '2026-05-10', '2026-04-11', '2026-05-11'],
    ['2026-04-11', '2026-12-31', '2026-12-11', '2027-01-11'],
    ['2026-01-31', '2025-12-31', '2025-12-31', '2026-01-31'],
    ['2026-01-31', '2025-03-01', '2025-02-28', '2025-03-31'],
  ])('anchored %s, on %s: [%s, %s)', (anchor, at, start, end) => {
    expect(periodAt(monthly(anchor), day(at))).toEqual({ start: day(start), end: day(end) });
  });
});

test('the time of day of the anchor is kept, and a period is half-open', () => {
  const anchor: Anchor = { start: '2026-01-31T09:30:00.000Z', length: 'month' };
  expect(periodAt(anchor, '2026-02-28T09:29:59.999Z').start).toBe('2026-01-31T09:30:00.000Z');
  expect(periodAt(anchor, '2026-02-28T09:30:00.000Z')).toEqual({
    start: '2026-02-28T09:30:00.000Z',
    end: '2026-03-31T09:30:00.000Z',
  });
});

test('without a subscription: the calendar month, UTC', () => {
  expect(periodAt(CALENDAR_MONTH, '2026-11-30T23:59:59.999Z')).toEqual({
    start: day('2026-11-01'),
    end: day('2026-12-01'),
  });
  expect(periodAt(CALENDAR_MONTH, '1999-12-31T23:59:59.999Z').start).toBe(day('1999-12-01'));
});

describe('thirty days are thirty days', () => {
  const anchor: Anchor = { start: day('2026-01-31'), length: { days: 30 } };
  test.each([
    ['2026-01-31', '2026-01-31', '2026-03-02'],
    ['2026-03-01', '2026-01-31', '2026-03-02'],
    ['2026-03-02', '2026-03-02', '2026-04-01'],
    ['2026-01-30', '2026-01-01', '2026-01-31'],
  ])('on %s: [%s, %s)', (at, start, end) => {
    expect(periodAt(anchor, day(at))).toEqual({ start: day(start), end: day(end) });
  });
});

test('periods cover time without gaps, and do not depend on the order of queries', () => {
  const anchor = monthly('2026-01-31');
  const days = Array.from({ length: 1500 }, (_, i) => new Date(Date.UTC(2024, 0, 1 + ((i * 617) % 1500))));
  for (const at of days.map((date) => date.toISOString())) {
    const period = periodAt(anchor, at);
    expect(period).toEqual(periodAt({ ...anchor }, at));
    expect(isWithin(period, at)).toBe(true);
    expect(periodAt({ ...anchor }, period.end).start).toBe(period.end);
  }
});
