/**
 * A point in time in ISO 8601 with UTC and milliseconds: `2026-11-21T09:30:00.000Z`.
 * All instants have this form, so that they can be compared as strings.
 */
export type Instant = string;

const FORM = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;
/** Days that every month has. For these, the form is sufficient. */
const PLAIN = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|1\d|2[0-8])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z$/;

/** The day must exist in its month: Date.parse would convert `2026-02-30…` to a day in March. */
export function isInstant(value: unknown): value is Instant {
  if (typeof value !== 'string') return false;
  if (PLAIN.test(value)) return true;
  if (!FORM.test(value)) return false;
  const milliseconds = millisecondsOf(value);
  return !Number.isNaN(milliseconds) && instantOf(milliseconds) === value;
}

/** The end of the year 9999. Later instants have another form, which cannot be compared. */
export const LAST_MILLISECOND = 253_402_300_799_999;

export const instantOf = (epochMilliseconds: number): Instant => new Date(epochMilliseconds).toISOString();

export const millisecondsOf = (instant: Instant): number => Date.parse(instant);

/**
 * Memo of `plusMilliseconds`, which stays a pure function. A batch of commands shares its time and uses few different durations, so
 * the last sum of each is kept: without the memo, the two sums per job are about a tenth of the time to decide it.
 */
const memo = new Map<number, { readonly instant: Instant; readonly sum: Instant }>();
const MEMO_SIZE = 100;

export function plusMilliseconds(instant: Instant, milliseconds: number): Instant {
  const last = memo.get(milliseconds);
  if (last?.instant === instant) return last.sum;
  if (memo.size >= MEMO_SIZE) memo.clear();
  const sum = instantOf(millisecondsOf(instant) + milliseconds);
  memo.set(milliseconds, { instant, sum });
  return sum;
}

/** The instant, rounded down to a whole second. */
export const wholeSecond = (instant: Instant): Instant => `${instant.slice(0, -5)}.000Z`;

export const earliest = (a: Instant | undefined, b: Instant | undefined): Instant | undefined =>
  a === undefined || (b !== undefined && b < a) ? b : a;

export const SECOND = 1_000;
export const MINUTE = 60_000;
export const HOUR = 3_600_000;
export const DAY = 86_400_000;
