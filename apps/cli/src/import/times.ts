export const TIME_FORMATS = ['iso', 'epoch-seconds', 'epoch-milliseconds'] as const;
export type TimeFormat = (typeof TIME_FORMATS)[number];

const ISO = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2})?)(?:[.,](\d+))?)?\s*(Z|[+-]\d{2}:?\d{2})?$/i;

/** Milliseconds since 1970, or undefined. Digits beyond milliseconds are cut off; a time without an offset is UTC. */
export function parseTime(text: string, format: TimeFormat): number | undefined {
  const time = format === 'iso' ? parseIso(text.trim()) : parseEpoch(text.trim(), format);
  return Number.isFinite(time) && Math.abs(time) <= 8.64e15 ? time : undefined;
}

function parseIso(text: string): number {
  const [, date, clock = '00:00:00', fraction = '', offset = 'Z'] = ISO.exec(text) ?? [];
  if (date === undefined) return NaN;
  const seconds = clock.length === 5 ? `${clock}:00` : clock;
  const time = Date.parse(
    `${date}T${seconds}.${fraction.padEnd(3, '0').slice(0, 3)}${withColon(offset).toUpperCase()}`,
  );
  return isRealDate(date) ? time : NaN;
}

function parseEpoch(text: string, format: TimeFormat): number {
  if (!/^-?\d+(\.\d+)?$/.test(text)) return NaN;
  return Math.floor(Number(text) * (format === 'epoch-seconds' ? 1_000 : 1));
}

const withColon = (offset: string): string =>
  /^[+-]\d{4}$/.test(offset) ? `${offset.slice(0, 3)}:${offset.slice(3)}` : offset;

/** Date.parse takes 30 February for 2 March. */
const isRealDate = (date: string): boolean => {
  const time = Date.parse(`${date}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(date);
};

/** What to add to every time of a trace so that its last one falls on `now`. */
export const shiftToEndAt = (now: number, last: number | undefined): number =>
  last === undefined ? 0 : now - last;
