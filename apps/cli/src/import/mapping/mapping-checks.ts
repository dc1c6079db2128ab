import type Big from 'big.js';
import { decimalOf, safeInteger } from './decimals';

/** Error in a mapping file: the field, and what to write instead. */
export class MappingError extends Error {
  override readonly name = 'MappingError';
  constructor(field: string, advice: string) {
    super(`${field}: ${advice}.`);
  }
}

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((it) => typeof it === 'string');

/** Rejects unknown members, which may be misspelt. */
export function checkMembers(field: string, source: Record<string, unknown>, known: readonly string[]): void {
  const unknown = Object.keys(source).find((member) => !known.includes(member));
  if (unknown !== undefined)
    throw new MappingError(field, `${unknown} is not known here; there are ${known.join(', ')}`);
}

// Numbers of a mapping are texts here, because YAML would change values such as 007.

export function decimal(field: string, value: unknown, advice = 'give a decimal number'): Big {
  const number = typeof value === 'string' ? decimalOf(value) : undefined;
  if (number === undefined) throw new MappingError(field, advice);
  return number;
}

export function positive(field: string, value: unknown): Big {
  const advice = 'give a number above zero';
  const number = decimal(field, value, advice);
  if (number.lte(0)) throw new MappingError(field, advice);
  return number;
}

export function whole(field: string, value: unknown, least: number, most: number, advice: string): number {
  const number = safeInteger(decimal(field, value, advice));
  if (number === undefined || number < least || number > most) throw new MappingError(field, advice);
  return number;
}

export function oneOf<Value extends string>(field: string, value: unknown, known: readonly Value[]): Value {
  const found = known.find((it) => it === value);
  if (found === undefined) throw new MappingError(field, `give ${known.slice(0, -1).join(', ')} or ${known.at(-1)}`);
  return found;
}

/** Text, or a number as it is written. Rejects lists and objects. */
export function scalar(field: string, value: unknown): string {
  if (typeof value === 'string') return value;
  throw new MappingError(field, 'give a text or a number');
}
