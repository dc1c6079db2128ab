import { Temporal } from 'temporal-polyfill';
import { DAY, instantOf, millisecondsOf, plusMilliseconds, type Instant } from './instants';

/** Half-open: includes `start`, excludes `end`. */
export interface Period {
  readonly start: Instant;
  readonly end: Instant;
}

/** Start and length of periods. `month` keeps the day of `start`; a month without that day uses its last day. */
export interface Anchor {
  readonly start: Instant;
  readonly length: 'month' | { readonly days: number };
}

/** Without a subscription the billing period is the calendar month, UTC. */
export const CALENDAR_MONTH: Anchor = { start: '2000-01-01T00:00:00.000Z', length: 'month' };

export const isWithin = (period: Period, at: Instant): boolean => period.start <= at && at < period.end;

/** Cache of the last period of each anchor: most jobs are in the same one. */
const lastPeriods = new WeakMap<Anchor, Period>();

/** The period that contains `at`. Periods extend in both directions from the anchor. */
export function periodAt(anchor: Anchor, at: Instant): Period {
  const last = lastPeriods.get(anchor);
  if (last && isWithin(last, at)) return last;
  const index =
    anchor.length === 'month' ? monthIndex(anchor.start, at) : dayIndex(anchor.start, anchor.length.days, at);
  const period = { start: boundary(anchor, index), end: boundary(anchor, index + 1) };
  lastPeriods.set(anchor, period);
  return period;
}

const dayIndex = (start: Instant, days: number, at: Instant): number =>
  Math.floor((millisecondsOf(at) - millisecondsOf(start)) / (days * DAY));

/** The number of calendar months, minus one if the boundary in the month of `at` is later than `at`. */
function monthIndex(start: Instant, at: Instant): number {
  const from = utc(start);
  const to = utc(at);
  const months = (to.year - from.year) * 12 + (to.month - from.month);
  return boundary({ start, length: 'month' }, months) <= at ? months : months - 1;
}

/** Calculated from the anchor, not from the previous boundary: 31 Jan → 28 Feb → 31 Mar. */
function boundary(anchor: Anchor, index: number): Instant {
  if (anchor.length !== 'month') return plusMilliseconds(anchor.start, index * anchor.length.days * DAY);
  return instantOf(utc(anchor.start).add({ months: index }).epochMilliseconds);
}

const utc = (instant: Instant) => Temporal.Instant.from(instant).toZonedDateTimeISO('UTC');
