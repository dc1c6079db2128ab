export interface TableColumn<Row> {
  readonly title: string;
  readonly of: (row: Row) => unknown;
}

const isNumber = (value: unknown): boolean => typeof value === 'number';

/** Formats a value: 1234567 as 1,234,567, and an empty value as a dash. */
export const shown = (value: unknown): string => {
  if (value === undefined || value === null || value === '') return '–';
  if (typeof value === 'number') return value.toLocaleString('en-US');
  return oneLine(typeof value === 'object' ? JSON.stringify(value) : String(value));
};

/** Replaces control characters of a server or a file, which could control the terminal. */
export const oneLine = (text: string): string => text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ');

/** Like `oneLine` for text of several lines. */
export const lines = (text: string): string => text.split(/\r?\n/).map(oneLine).join('\n');

export const shortened = (text: string, most: number): string =>
  text.length > most ? `${text.slice(0, most - 1)}…` : text;

/** Table with titles. Numbers are right-aligned, and empty columns are left out. */
export function table<Row>(rows: readonly Row[], columns: readonly TableColumn<Row>[]): string {
  const used = columns
    .map(({ title, of }) => ({ title, values: rows.map(of) }))
    .filter(({ values }) => values.some((value) => shown(value) !== '–'));
  const laidOut = used.map(({ title, values }) => {
    const cells = [title, ...values.map(shown)];
    const width = Math.max(...cells.map((cell) => cell.length));
    const toRight = values.every((value) => isNumber(value) || shown(value) === '–');
    return cells.map((cell) => (toRight ? cell.padStart(width) : cell.padEnd(width)));
  });
  const [first = []] = laidOut;
  return first
    .map((_, at) =>
      laidOut
        .map((cells) => cells[at])
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** List of names and values. */
export function facts(pairs: readonly (readonly [name: string, value: unknown])[]): string {
  const given = pairs.filter(([, value]) => value !== undefined);
  const width = Math.max(...given.map(([name]) => name.length));
  const values = given.map(([, value]) => shown(value));
  const numbers = values.filter((_, at) => isNumber(given[at]![1]));
  const digits = Math.max(0, ...numbers.map((value) => value.length));
  return given
    .map(([name, value], at) => `${name.padEnd(width)}  ${isNumber(value) ? values[at]!.padStart(digits) : values[at]}`)
    .join('\n');
}

export { plural } from '@tallystick/domain/kernel';
