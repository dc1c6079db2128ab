// PostgreSQL's text cannot contain U+0000. It is escaped with two characters, which preserves the order, equality and
// prefixes of texts: 0 → 1 1, 1 → 1 2, other characters are unchanged.
const ESCAPE = '\u0001';
const NEEDS_ESCAPE = new RegExp('[\\u0000\\u0001]', 'g');
const ESCAPED = new RegExp('\\u0001([\\u0001\\u0002])', 'g');

const escaped = (text: string): string =>
  text.search(NEEDS_ESCAPE) === -1
    ? text
    : text.replace(NEEDS_ESCAPE, (character) => ESCAPE + (character === '\u0000' ? '\u0001' : '\u0002'));

export type PostgresValue = string | number | null | readonly (string | number | null)[];

export const toStored = (value: PostgresValue): string | number | null =>
  typeof value === 'string' ? escaped(value) : value instanceof Array ? arrayOf(value) : (value as number | null);

// The driver's conversion of arrays takes two to four times as long, on the thread that decides commands.
const arrayOf = (values: readonly (string | number | null)[]): string =>
  `{${values.map((value) => (typeof value === 'string' ? element(value) : (value ?? 'NULL'))).join(',')}}`;

const SPECIAL = /["\\]/g;
const element = (text: string): string => `"${escaped(text).replace(SPECIAL, '\\$&')}"`;

export const fromStored = (text: string): string =>
  text.includes(ESCAPE) ? text.replace(ESCAPED, (_, which) => (which === '\u0001' ? '\u0000' : '\u0001')) : text;
