// PostgreSQL's text cannot hold U+0000. It is written as two characters, in a way that keeps the order of texts,
// their equality and their beginnings: 0 → 1 1, 1 → 1 2, all others as they are.
const ESCAPE = '\u0001';
const NEEDS_ESCAPE = new RegExp('[\\u0000\\u0001]', 'g');
const ESCAPED = new RegExp('\\u0001([\\u0001\\u0002])', 'g');

const escaped = (text: string): string =>
  text.search(NEEDS_ESCAPE) === -1
    ? text
    : text.replace(NEEDS_ESCAPE, (character) => ESCAPE + (character === '\u0000' ? '\u0001' : '\u0002'));

export function toStored<T>(value: T): T {
  if (typeof value === 'string') return escaped(value) as T;
  return Array.isArray(value) ? (value.map(toStored) as T) : value;
}

export const fromStored = (text: string): string =>
  text.includes(ESCAPE)
    ? text.replace(ESCAPED, (_, which) => (which === '\u0001' ? '\u0000' : '\u0001'))
    : text;
