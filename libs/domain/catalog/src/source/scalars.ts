import type { FieldReader } from './read';
import { didYouMean, MAX_CREDITS } from '@tallystick/domain/kernel';

export function whole(minimum = 0, maximum = MAX_CREDITS): FieldReader<number> {
  return (value, place) => {
    const isWhole = typeof value === 'number' && Number.isInteger(value);
    if (!isWhole || value < minimum) return place.refuse(`must be a whole number ≥ ${minimum}`);
    return value > maximum ? place.refuse(`must be a whole number ≤ ${maximum}`) : value;
  };
}

export const flag: FieldReader<boolean> = (value, place) =>
  typeof value === 'boolean' ? value : place.refuse('must be true or false');

export function oneOf<const T extends string>(...choices: readonly T[]): FieldReader<T> {
  return (value, place) =>
    choices.find((choice) => choice === value) ??
    place.refuse(`must be ${choices.join(' or ')}${didYouMean(value, choices)}`);
}

export const text: FieldReader<string> = (value, place) => {
  if (typeof value !== 'string') return place.refuse('must be text: put it in quotes');
  return value.trim() === '' ? place.refuse('must not be blank') : value;
};

function matching(pattern: RegExp, message: string): FieldReader<string> {
  return (value, place) => {
    const read = text(value, place);
    return read === undefined || pattern.test(read) ? read : place.refuse(message);
  };
}

// Without `@`, which separates id and version in a reference.
export const identifier = matching(
  /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
  'must be letters, digits, ".", "_" or "-", at most 64',
);
export const fileTypeName = matching(
  /^[a-z0-9][a-z0-9.+/-]{0,99}$/,
  'must be an extension or a media type in lower case',
);
export const currencyCode = matching(/^[A-Z]{3}$/, 'must be a currency code of three capitals, such as USD');
export const countryCode: FieldReader<string> = (value, place) => {
  const read = text(value, place);
  if (read === undefined || isCountry(read)) return read;
  return place.refuse(`must be a country code of ISO 3166-1, such as DE`);
};
// TEST begins the numbers of a test installation.
export const invoicePrefix = matching(
  /^(?!TEST$)[A-Z][A-Z0-9]{0,11}$/,
  'must be 1 to 12 capitals and digits, a capital first, and not TEST',
);
export const webAddress = matching(
  /^https?:\/\/[^\s/?#]+([/?#]\S*)?$/,
  'must be a web address that starts with https://',
);
export const emailAddress = matching(/^[^\s@]+@[^\s@]+\.[^\s@]+$/, 'must be an e-mail address');

const REGIONS = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' });
/** Codes of regions that are no countries. */
const GROUPS: ReadonlySet<string> = new Set(['EU', 'EZ', 'QO', 'UN', 'ZZ']);

/** The locale replaces codes that are withdrawn or aliases: UK becomes GB. */
function isCountry(code: string): boolean {
  if (!/^[A-Z]{2}$/.test(code) || GROUPS.has(code)) return false;
  return REGIONS.of(code) !== undefined && new Intl.Locale(`und-${code}`).region === code;
}

const DATE = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}(\.\d{1,3})?Z)?$/;

/** A UTC time, or a date, which is its first instant. */
export const instant: FieldReader<string> = (value, place) => {
  const read = text(value, place);
  if (read === undefined) return undefined;
  const time = DATE.test(read) ? new Date(read) : undefined;
  // Date converts a day that does not exist to one of the next month.
  const isReal =
    time !== undefined && !Number.isNaN(time.getTime()) && time.toISOString().startsWith(read.slice(0, 10));
  return isReal
    ? time.toISOString()
    : place.refuse('must be a UTC date or time such as 2026-11-01 or 2026-11-01T00:00:00Z');
};

/** A quoted decimal as an exact scaled integer: "29.99" with 2 digits is 2999. YAML parses unquoted ones as floats. */
export function decimal(digits: number, example: string): FieldReader<number> {
  const pattern = digits === 0 ? /^(\d{1,9})$/ : new RegExp(`^(\\d{1,9})(?:\\.(\\d{1,${digits}}))?$`);
  return (value, place) => {
    if (isNegative(value)) return place.refuse('must not be negative');
    const match = typeof value === 'string' ? pattern.exec(value) : null;
    if (match === null)
      return place.refuse(`must be a quoted amount such as "${example}", with at most ${digits} decimals`);
    const [, major = '', minor = ''] = match;
    return Number(major + minor.padEnd(digits, '0'));
  };
}

const isNegative = (value: unknown): boolean =>
  (typeof value === 'string' || typeof value === 'number') && /^-\d/.test(String(value));

/** A quoted percentage, kept as text, because rates are exact decimals: "19", "5.5". */
export const percentage: FieldReader<string> = (value, place) => {
  const isValid = typeof value === 'string' && /^\d{1,2}(\.\d{1,4})?$/.test(value);
  return isValid ? value : place.refuse('must be a quoted percentage from "0" to "99.9999", such as "19"');
};
