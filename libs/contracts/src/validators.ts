import Ajv, { type ValidateFunction } from 'ajv';
import { fieldErrorsOfAjv } from './field-errors';
import { fits, isTime } from './dto/rules';
import type { FieldError } from './problems';
import { dtoSchemas } from './schemas';

type Class<T> = new () => T;
export type Checked<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly errors: FieldError[] };

const compiled = new Map<string, ValidateFunction>();
let compiler: Ajv | undefined;

function newCompiler(): Ajv {
  const ajv = new Ajv({
    strict: false,
    allErrors: true,
    verbose: true,
    removeAdditional: true,
    ownProperties: true,
  });
  ajv.addFormat('date-time', isTime);
  ajv.addKeyword({ keyword: 'maxBytes', validate: (bytes: number, value: unknown) => fits(value, bytes) });
  return ajv.addSchema({ $id: 'dto', definitions: dtoSchemas() });
}

let names: ReadonlySet<string> | undefined;

/** Whether `type` is a DTO, so that `check` can be asked about it. */
export function hasSchema(type: { readonly name: string }): boolean {
  names ??= new Set(Object.keys(dtoSchemas()));
  return names.has(type.name);
}

/** A compiled check of `value` against the DTO, some fifty times as fast as the decorators; members it does not know are dropped from `value`. */
export function check<T>(dto: Class<T>, value: unknown): Checked<T> {
  let validate = compiled.get(dto.name);
  if (!validate) {
    compiler ??= newCompiler();
    validate = compiler.compile({ $ref: `dto#/definitions/${dto.name}` });
    compiled.set(dto.name, validate);
  }
  if (validate(value)) return { ok: true, value: value as T };
  return { ok: false, errors: fieldErrorsOfAjv(validate.errors) };
}
