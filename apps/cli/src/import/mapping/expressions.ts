import Big from 'big.js';
import { cell, type Columns, type Expression } from './cells';
import { DECIMAL_SIGNS, decimalOf, ROUNDINGS, safeInteger, wholeQuotient } from './decimals';
import type { DecimalSign, Rounding } from './decimals';
import { checkMembers, decimal, isObject, MappingError, oneOf, positive, scalar, whole } from './mapping-checks';
import { BadRow } from './rows';
import { parseTime, TIME_FORMATS } from './times';
import { zipf } from './zipf';

/** Columns and decimal sign of the file. */
export interface ExpressionContext {
  readonly columns: Columns;
  readonly decimal: DecimalSign;
}

export function text(field: string, source: unknown, { columns }: ExpressionContext): Expression<string> {
  if (typeof source === 'string' && source !== '') return () => source;
  if (isObject(source) && 'column' in source) return cell(field, source, columns);
  if (isObject(source) && isObject(source.zipf)) {
    checkMembers(field, source, ['zipf']);
    return drawn(field, source.zipf);
  }
  throw new MappingError(field, 'give a text, { column } or { zipf: { count, exponent, seed, prefix } }');
}

function drawn(field: string, source: Record<string, unknown>): Expression<string> {
  checkMembers(`${field}.zipf`, source, ['count', 'exponent', 'seed', 'prefix']);
  const { count, exponent = '1', seed = '0', prefix = '' } = source;
  const draw = zipf({
    count: whole(`${field}.zipf.count`, count, 1, 1_000_000, 'give a whole number from 1 to 1000000'),
    exponent: positive(`${field}.zipf.exponent`, exponent).toNumber(),
    seed: whole(`${field}.zipf.seed`, seed, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, 'give a whole number'),
    prefix: scalar(`${field}.zipf.prefix`, prefix),
  });
  return ({ key }) => draw(key);
}

const ARITHMETIC = ['multiplyBy', 'divideBy', 'plus', 'round', 'decimal'];

/**
 * Compiles a whole number: column × multiplyBy ÷ divideBy + plus, calculated exactly and rounded once. `usual`:
 * rounding if the mapping has none; without it a result that is not a whole number makes the row invalid.
 */
export function number(
  field: string,
  source: unknown,
  context: ExpressionContext,
  usual?: Rounding,
): Expression<number> {
  if (typeof source === 'string') {
    const fixed = wholeQuotient(decimal(field, source), new Big(1), usual);
    return constant(field, fixed && safeInteger(fixed));
  }
  if (!isObject(source) || !('column' in source))
    throw new MappingError(field, `give a number or { column, default, ${ARITHMETIC.join(', ')} }`);
  const read = cell(field, source, context.columns, ARITHMETIC);
  const factor = positive(`${field}.multiplyBy`, source.multiplyBy ?? '1');
  const divisor = positive(`${field}.divideBy`, source.divideBy ?? '1');
  const added = decimal(`${field}.plus`, source.plus ?? '0').times(divisor);
  const round = source.round === undefined ? usual : oneOf(`${field}.round`, source.round, ROUNDINGS);
  const sign = signOf(field, source, context);
  return (row) => {
    const written = read(row);
    const value = decimalOf(written, sign);
    if (value === undefined) throw new BadRow(noNumber(source.column, written, sign));
    const dividend = value.times(factor).plus(added);
    const result = wholeQuotient(dividend, divisor, round);
    const exact = result && safeInteger(result);
    if (exact !== undefined) return exact;
    if (result) throw new BadRow(`${field} is ${result.toFixed()}, which is too large`);
    const shown = dividend.div(divisor).toFixed();
    throw new BadRow(`${field} is ${shown}, which is not a whole number; add a rounding to the mapping`);
  };
}

function constant(field: string, value: number | undefined): Expression<number> {
  if (value === undefined) throw new MappingError(field, 'give a whole number');
  return () => value;
}

const signOf = (field: string, source: Record<string, unknown>, context: ExpressionContext): DecimalSign =>
  source.decimal === undefined ? context.decimal : oneOf(`${field}.decimal`, source.decimal, DECIMAL_SIGNS);

function noNumber(column: unknown, written: string, sign: DecimalSign): string {
  const other = sign === '.' ? ',' : '.';
  const hint = decimalOf(written, other)
    ? `; if "${other}" is its decimal sign, add decimal: "${other}" to the mapping`
    : '';
  return `${String(column)} is not a decimal number: ${written}${hint}`;
}

/** Milliseconds since 1970. */
export function time(field: string, source: unknown, context: ExpressionContext): Expression<number> {
  if (!isObject(source)) throw new MappingError(field, 'give { column, format }');
  const read = cell(field, source, context.columns, ['format', 'decimal']);
  const format = oneOf(`${field}.format`, source.format ?? 'iso', TIME_FORMATS);
  const sign = signOf(field, source, context);
  return (row) => {
    const written = read(row);
    const value = parseTime(written, format, sign);
    if (value === undefined) throw new BadRow(`${String(source.column)} is not a time: ${written}`);
    return value;
  };
}

export interface RowOutcome {
  readonly fails: boolean;
  /** Value of the row, if the mapping does not list it. Such a job completes. */
  readonly unlisted?: string;
}

export function outcome(field: string, source: unknown, { columns }: ExpressionContext): Expression<RowOutcome> {
  if (isObject(source) && 'failEvery' in source) {
    checkMembers(field, source, ['failEvery']);
    const every = whole(
      `${field}.failEvery`,
      source.failEvery,
      1,
      Number.MAX_SAFE_INTEGER,
      'give a whole number above zero',
    );
    return ({ number: row }) => ({ fails: row % every === 0 });
  }
  const isListed = isObject(source) && Array.isArray(source.failed) && Array.isArray(source.completed ?? []);
  if (!isListed)
    throw new MappingError(field, 'give { failEvery: n } or { column, failed: [values], completed: [values] }');
  const read = cell(field, source, columns, ['failed', 'completed']);
  const listed = (member: 'failed' | 'completed') =>
    (source[member] as readonly unknown[] | undefined)?.map((it) => scalar(`${field}.${member}`, it).trim());
  const failed = new Set(listed('failed'));
  const completed = listed('completed');
  return (row) => {
    const value = read(row);
    if (failed.has(value)) return { fails: true };
    if (completed?.includes(value)) return { fails: false };
    if (completed === undefined) return { fails: false, unlisted: value };
    throw new BadRow(
      `${String(source.column)} is ${JSON.stringify(value)}, which the mapping does not list as an outcome`,
    );
  };
}
