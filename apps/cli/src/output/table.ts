export interface Column<Row> {
  readonly title: string;
  readonly of: (row: Row) => unknown;
}

const isNumber = (value: unknown): boolean => typeof value === 'number';

/** 1234567 as 1,234,567; nothing as a dash. */
export const shown = (value: unknown): string => {
  if (value === undefined || value === null || value === '') return '–';
  if (typeof value === 'number') return value.toLocaleString('en-US');
  return oneLine(typeof value === 'object' ? JSON.stringify(value) : String(value));
};

/** Text from a server or a file may hold control characters, which must not steer the terminal. */
export const oneLine = (text: string): string => text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ');

/** The same for what may have several lines. */
export const lines = (text: string): string => text.split(/\r?\n/).map(oneLine).join('\n');

export const shortened = (text: string, most: number): string =>
  text.length > most ? `${text.slice(0, most - 1)}…` : text;

/** Rows under their titles; numbers to the right. Columns in which no row has anything are left out. */
export function table<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): string {
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

/** Names and values under each other. */
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
