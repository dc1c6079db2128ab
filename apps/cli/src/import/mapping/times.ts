import Big from 'big.js';
import { decimalOf, safeInteger, wholeQuotient, type DecimalSign } from './decimals';

export const TIME_FORMATS = ['iso', 'epoch-seconds', 'epoch-milliseconds'] as const;
export type TimeFormat = (typeof TIME_FORMATS)[number];

/** Latest time of a JavaScript date. */
export const LAST_TIME = 8.64e15;

const ISO =
  /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2})?)(?:[.,](\d+))?)?\s*(Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?$/i;

/** Milliseconds since 1970, or undefined. Digits beyond milliseconds are truncated. Without an offset a time is UTC. */
export function parseTime(text: string, format: TimeFormat, sign?: DecimalSign): number | undefined {
  const written = text.trim();
  return format === 'iso' ? parseIso(written) : parseEpoch(written, format, sign);
}

/** Normalizes the formats of databases and spreadsheets to full ISO 8601 with an offset. */
function parseIso(text: string): number | undefined {
  const [, date, clock = '00:00:00', fraction = '', offset = 'Z'] = ISO.exec(text) ?? [];
  if (date === undefined) return undefined;
  const seconds = clock.length === 5 ? `${clock}:00` : clock;
  const time = `${date}T${seconds}.${fraction.padEnd(3, '0').slice(0, 3)}${fullOffset(offset)}`;
  const instant = Date.parse(time);
  return isRealDate(date) && !Number.isNaN(instant) ? instant : undefined;
}

/** Rejects dates such as 30 February, which Date.parse reads as 2 March. */
const isRealDate = (date: string): boolean => {
  const time = Date.parse(`${date}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(date);
};

/** Completes offsets such as `+00` and `+0530`, which PostgreSQL and others write. */
function fullOffset(offset: string): string {
  if (!/^[+-]/.test(offset)) return 'Z';
  return `${offset.slice(0, 3)}:${offset.slice(3).replace(':', '') || '00'}`;
}

function parseEpoch(text: string, format: TimeFormat, sign?: DecimalSign): number | undefined {
  const written = decimalOf(text, sign);
  if (written === undefined) return undefined;
  const whole = wholeQuotient(written.times(format === 'epoch-seconds' ? 1_000 : 1), new Big(1), 'down');
  const time = whole && safeInteger(whole);
  return time !== undefined && Math.abs(time) <= LAST_TIME ? time : undefined;
}

/** Offset for all times of a file, so that its last time is `now`. */
export const shiftToEndAt = (now: number, last: number | undefined): number => (last === undefined ? 0 : now - last);
