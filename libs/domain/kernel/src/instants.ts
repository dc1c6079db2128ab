/**
 * A point in time as ISO 8601, UTC, milliseconds: `2026-11-21T09:30:00.000Z`.
 * Always this one form, so that two instants compare as strings and are stored as they are.
 */
export type Instant = string;

const FORM = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;
/** Days that every month has: nearly all instants are valid by their form alone. */
const PLAIN = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|1\d|2[0-8])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z$/;

/** Also the day must be one of its month: `2026-02-30…` would silently become a day of March. */
export function isInstant(value: unknown): value is Instant {
  if (typeof value !== 'string') return false;
  if (PLAIN.test(value)) return true;
  if (!FORM.test(value)) return false;
  const milliseconds = millisecondsOf(value);
  return !Number.isNaN(milliseconds) && instantOf(milliseconds) === value;
}

/** Of the year 9999: later instants have another form, which would not compare. */
export const LAST_MILLISECOND = 253_402_300_799_999;

export const instantOf = (epochMilliseconds: number): Instant => new Date(epochMilliseconds).toISOString();

export const millisecondsOf = (instant: Instant): number => Date.parse(instant);

/** A group of commands shares its `now`, and there are few spans: the last sum of each is at hand. */
const lastSums = new Map<number, { readonly instant: Instant; readonly sum: Instant }>();
const MAX_SPANS = 100;

export function plusMilliseconds(instant: Instant, milliseconds: number): Instant {
  const last = lastSums.get(milliseconds);
  if (last?.instant === instant) return last.sum;
  if (lastSums.size >= MAX_SPANS) lastSums.clear();
  const sum = instantOf(millisecondsOf(instant) + milliseconds);
  lastSums.set(milliseconds, { instant, sum });
  return sum;
}

export const earliest = (a: Instant | undefined, b: Instant | undefined): Instant | undefined =>
  a === undefined || (b !== undefined && b < a) ? b : a;

export const SECOND = 1_000;
export const DAY = 86_400_000;
