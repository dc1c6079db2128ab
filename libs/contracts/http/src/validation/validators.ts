import Ajv, { type ValidateFunction } from 'ajv';
import { fieldErrorsOfAjv } from './field-errors';
import { fits, isTime } from '../rules';
import type { FieldError } from '../problems';
import { dtoSchemas, pathsOf } from '../schemas';

type Class<T> = new () => T;
export type Checked<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly errors: FieldError[] };

function newCompiler(allErrors: boolean) {
  const ajv = new Ajv({ strict: false, allErrors, verbose: true, ownProperties: true });
  ajv.addFormat('date-time', isTime);
  ajv.addKeyword({ keyword: 'maxBytes', validate: (bytes: number, value: unknown) => fits(value, bytes) });
  ajv.addSchema({ $id: 'dto', definitions: dtoSchemas() });
  const compiled = new Map<string, ValidateFunction>();
  return ({ name }: Class<unknown>): ValidateFunction => {
    const known = compiled.get(name) ?? ajv.compile({ $ref: `dto#/definitions/${name}` });
    compiled.set(name, known);
    return known;
  };
}

type Compiler = ReturnType<typeof newCompiler>;
let toFirst: Compiler | undefined;
let toAll: Compiler | undefined;

/** Whether `type` is a DTO, which `check` accepts. */
export const hasSchema = (type: { readonly name: string }): boolean => Object.hasOwn(dtoSchemas(), type.name);

/** A compiled check of `value` against the DTO, about fifty times faster than the decorators. Unknown members are refused. */
export function check<T>(dto: Class<T>, value: unknown): Checked<T> {
  toFirst ??= newCompiler(false);
  let validate = toFirst(dto);
  if (validate(value)) return { ok: true, value: value as T };
  // Errors need memory: for a large input only the first one is reported.
  if (!isLarge(value)) (validate = (toAll ??= newCompiler(true))(dto))(value);
  return { ok: false, errors: fieldErrorsOfAjv(validate.errors, () => pathsOf(dto.name)) };
}

const LARGE = 10_000;

/** Whether `value` has more members and entries, at any depth, than are checked one by one. */
function isLarge(value: unknown): boolean {
  const open = [value];
  for (let seen = 0; open.length > 0; seen++) {
    const next = open.pop();
    if (typeof next !== 'object' || next === null) continue;
    const inner = Object.values(next);
    if (seen + open.length + inner.length > LARGE) return true;
    open.push(...inner);
  }
  return false;
}
