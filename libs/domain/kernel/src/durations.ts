import { Temporal } from 'temporal-polyfill';
import { instantOf, LAST_MILLISECOND, type Instant } from './instants';

const SHORT = /^(\d{1,12})([smhdw])$/;
const UNITS = { s: 'seconds', m: 'minutes', h: 'hours', d: 'days', w: 'weeks' } as const;
const ISO = /^P(?=.)(\d+[YMWD])*(T(?=.)(\d+[HMS])*)?$/;

/**
 * `start` plus a duration: `90s`, `12h`, `35d`, or one of ISO 8601 in whole units, such as `P1M` or `PT1H30M`. Months keep the
 * day; a month without that day uses its last day. Undefined if the text is no such duration, or leads past the year 9999.
 */
export function plusDuration(start: Instant, text: string): Instant | undefined {
  const duration = durationOf(text);
  if (duration === undefined) return undefined;
  try {
    const { epochMilliseconds } = Temporal.Instant.from(start).toZonedDateTimeISO('UTC').add(duration);
    return epochMilliseconds > LAST_MILLISECOND ? undefined : instantOf(epochMilliseconds);
  } catch {
    // Temporal does not calculate with durations or dates beyond its range.
    return undefined;
  }
}

function durationOf(text: string): Temporal.DurationLike | string | undefined {
  const [, count, unit] = SHORT.exec(text) ?? [];
  if (count !== undefined) return { [UNITS[unit as keyof typeof UNITS]]: Number(count) };
  return ISO.test(text) ? text : undefined;
}
