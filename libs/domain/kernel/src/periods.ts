import { Temporal } from 'temporal-polyfill';
import { DAY, instantOf, millisecondsOf, plusMilliseconds, type Instant } from './instants';

/** Half-open: `start` is in it, `end` is not. */
export interface Period {
  readonly start: Instant;
  readonly end: Instant;
}

/** Where periods are counted from, and how long one is. `month` keeps the day of `start`; months without it take their last day. */
export interface Anchor {
  readonly start: Instant;
  readonly length: 'month' | { readonly days: number };
}

/** Without a subscription the billing period is the calendar month, UTC. */
export const CALENDAR_MONTH: Anchor = { start: '2000-01-01T00:00:00.000Z', length: 'month' };

export const isWithin = (period: Period, at: Instant): boolean => period.start <= at && at < period.end;

/** Asked for each job and nearly always the same: the last answer of each anchor. */
const lastPeriods = new WeakMap<Anchor, Period>();

/** The period that contains `at`; before the anchor, the periods run backwards from it in the same way. */
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

/** Counted by calendar months first; the month of `at` has its boundary later in it, so one step back may be due. */
function monthIndex(start: Instant, at: Instant): number {
  const from = utc(start);
  const to = utc(at);
  const months = (to.year - from.year) * 12 + (to.month - from.month);
  return boundary({ start, length: 'month' }, months) <= at ? months : months - 1;
}

/** Counted from the anchor each time, never from the boundary before: 31 Jan → 28 Feb → 31 Mar. */
function boundary(anchor: Anchor, index: number): Instant {
  if (anchor.length !== 'month') return plusMilliseconds(anchor.start, index * anchor.length.days * DAY);
  return instantOf(utc(anchor.start).add({ months: index }).epochMilliseconds);
}

const utc = (instant: Instant) => Temporal.Instant.from(instant).toZonedDateTimeISO('UTC');
