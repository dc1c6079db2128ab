import { instantOf, plural, type Instant } from '@tallystick/domain/kernel';
import { invalidInput, type FieldError } from './problems';

/** A time with any zone, in the form of stored instants. */
export const toInstant = (time: string): Instant => instantOf(Date.parse(time));

/** As a bound of a range: the first instant to the millisecond, as times are stored, that is not before `time`. */
export const toBound = (time: string): Instant => instantOf(Date.parse(time) + (/\.\d{3}\d*[1-9]/.test(time) ? 1 : 0));

/** An error for a time too far ahead of the clock. The ledger checks how far back a time may be. */
export function checkTime(
  time: string | null | undefined,
  field: string,
  now: number,
  { maxAheadSeconds }: { readonly maxAheadSeconds: number },
): FieldError | undefined {
  if (time == null || Date.parse(time) <= now + maxAheadSeconds * 1_000) return undefined;
  const message = `Give a time that is at most ${plural(maxAheadSeconds, 'second')} ahead of now.`;
  return { field, rule: 'future', message };
}

/** Throws a Problem where `from` is after `to`. An empty interval is valid. */
export function assertOrder({ from, to }: { readonly from?: string; readonly to?: string }): void {
  if (from === undefined || to === undefined || Date.parse(from) <= Date.parse(to)) return;
  const message = 'Give a time that is not later than `to`, which is exclusive.';
  throw invalidInput([{ field: 'from', rule: 'order', message }]);
}
