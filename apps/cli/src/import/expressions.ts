import { BadRow } from './rows';
import { parseTime, TIME_FORMATS, type TimeFormat } from './times';
import { zipf } from './zipf';
import { checkMembers, isObject, MappingError, positive, scalar } from './mapping-checks';

/** A row of the file: its values in the header's order and its number, counted from 1 below the header. */
export interface RawRow {
  readonly values: readonly string[];
  readonly number: number;
}

export type Expression<Value> = (row: RawRow) => Value;

/** Where a column stands, by its name. */
export type Columns = (field: string, name: unknown) => number;

export function columnsOf(header: readonly string[]): Columns {
  return (field, name) => {
    const at = typeof name === 'string' ? header.indexOf(name) : -1;
    if (at >= 0) return at;
    throw new MappingError(
      field,
      `there is no column ${JSON.stringify(name) ?? 'without a name'}; the file has ${header.join(', ')}`,
    );
  };
}

export function text(field: string, source: unknown, columns: Columns): Expression<string> {
  if (typeof source === 'string' || typeof source === 'number') return () => String(source);
  if (isObject(source) && 'column' in source) {
    checkMembers(field, source, ['column']);
    const at = columns(field, source.column);
    return ({ values }) => filled(values[at], source.column);
  }
  if (isObject(source) && isObject(source.zipf)) {
    checkMembers(field, source, ['zipf']);
    return drawn(field, source.zipf);
  }
  throw new MappingError(field, 'give a text, { column } or { zipf: { count, exponent, seed, prefix } }');
}

function drawn(field: string, source: Record<string, unknown>): Expression<string> {
  checkMembers(`${field}.zipf`, source, ['count', 'exponent', 'seed', 'prefix']);
  const { count, exponent = 1, seed = 0, prefix = '' } = source;
  if (!Number.isInteger(count) || (count as number) < 1 || (count as number) > 1_000_000)
    throw new MappingError(`${field}.zipf.count`, 'give a whole number from 1 to 1000000');
  if (!Number.isInteger(seed)) throw new MappingError(`${field}.zipf.seed`, 'give a whole number');
  const draw = zipf({
    count: count as number,
    exponent: positive(`${field}.zipf.exponent`, exponent),
    seed: seed as number,
    prefix: scalar(`${field}.zipf.prefix`, prefix),
  });
  return ({ number }) => draw(number);
}

const ROUND = { up: Math.ceil, down: Math.floor, nearest: Math.round };
const ARITHMETIC = ['column', 'multiplyBy', 'divideBy', 'plus', 'round'];

/** Arithmetic on one column, always in this order: × multiplyBy, ÷ divideBy, + plus, round. */
export function number(field: string, source: unknown, columns: Columns): Expression<number> {
  if (typeof source === 'number') return () => source;
  if (!isObject(source) || !('column' in source))
    throw new MappingError(field, `give a number or { ${ARITHMETIC.join(', ')} }`);
  checkMembers(field, source, ARITHMETIC);
  const at = columns(field, source.column);
  const { multiplyBy = 1, divideBy = 1, plus = 0, round } = source;
  const factor = positive(`${field}.multiplyBy`, multiplyBy);
  const divisor = positive(`${field}.divideBy`, divideBy);
  if (typeof plus !== 'number') throw new MappingError(`${field}.plus`, 'give a number');
  if (round !== undefined && !(typeof round === 'string' && Object.hasOwn(ROUND, round)))
    throw new MappingError(`${field}.round`, 'give up, down or nearest');
  const rounded = round === undefined ? (value: number) => value : ROUND[round as keyof typeof ROUND];
  return ({ values }) => {
    const written = filled(values[at], source.column);
    const value = Number(written);
    if (!Number.isFinite(value)) throw new BadRow(`${String(source.column)} is no number: ${written}`);
    return rounded((value * factor) / divisor + plus);
  };
}

export function time(field: string, source: unknown, columns: Columns): Expression<number> {
  if (!isObject(source)) throw new MappingError(field, 'give { column, format }');
  checkMembers(field, source, ['column', 'format']);
  const at = columns(field, source.column);
  const format = (source.format ?? 'iso') as TimeFormat;
  if (!TIME_FORMATS.includes(format))
    throw new MappingError(`${field}.format`, `give ${TIME_FORMATS.join(', ')}`);
  return ({ values }) => {
    const written = filled(values[at], source.column);
    const value = parseTime(written, format);
    if (value === undefined) throw new BadRow(`${String(source.column)} is no time: ${written}`);
    return value;
  };
}

/** Whether the row's job fails. */
export function outcome(field: string, source: unknown, columns: Columns): Expression<boolean> {
  if (isObject(source) && Number.isInteger(source.failEvery) && (source.failEvery as number) > 0) {
    checkMembers(field, source, ['failEvery']);
    return ({ number }) => number % (source.failEvery as number) === 0;
  }
  if (isObject(source) && Array.isArray(source.failed)) {
    checkMembers(field, source, ['column', 'failed']);
    const at = columns(field, source.column);
    const failed = new Set(source.failed.map((value) => scalar(`${field}.failed`, value)));
    return ({ values }) => failed.has(values[at] ?? '');
  }
  throw new MappingError(field, 'give { failEvery: n } or { column, failed: [values] }');
}

function filled(value: string | undefined, column: unknown): string {
  if (value === undefined || value.trim() === '') throw new BadRow(`${String(column)} is empty`);
  return value.trim();
}
