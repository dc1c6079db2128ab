import type { ValidationPipeOptions } from '@nestjs/common';
import type { ErrorObject } from 'ajv';
import { instanceToPlain, plainToInstance } from 'class-transformer';
import type { ValidationError } from 'class-validator';
import { invalidInput, tooDeep, type FieldError } from '../problems';
import { unknownMember } from './unknown-members';

type TransformerPackage = NonNullable<ValidationPipeOptions['transformerPackage']>;

/** Limits the size of the response. */
const MAX_ERRORS = 20;
const missing = (field: string, advice = 'Give a value.'): FieldError => ({
  field,
  rule: 'required',
  message: `This member is missing. ${advice}`,
});

/** The errors of class-validator as field errors. */
export function fieldErrorsOf(errors: readonly ValidationError[], parent = ''): FieldError[] {
  return errors.flatMap((error) => ofOne(error, pathOf(parent, error.property))).slice(0, MAX_ERRORS);
}

function ofOne(error: ValidationError, field: string): FieldError[] {
  const { nestedValidation, ...own } = error.constraints ?? {};
  const isNestedRelevant = Object.keys(own).length === 0 || ('list' in own && Array.isArray(error.value));
  // Errors inside a value of the wrong type are omitted. The errors inside a list replace the error of the list.
  const nested = isNestedRelevant ? fieldErrorsOf(error.children ?? [], field) : [];
  if (nested.length > 0) return nested;
  const broken = Object.entries(own);
  if (broken.length === 0 && nestedValidation !== undefined)
    return [{ field, rule: 'object', message: 'Give an object.' }];
  return broken.map(([rule, message]) =>
    error.value === undefined ? missing(field, message) : { field, rule, message },
  );
}

const pathOf = (parent: string, property: string): string =>
  parent === '' ? property : /^\d+$/.test(property) ? `${parent}[${property}]` : `${parent}.${property}`;

interface RuleSchema {
  readonly 'x-rule'?: string;
  readonly description?: string;
}

/**
 * The errors of ajv as field errors. `anyOf` repeats the errors of its branches, and null means an absent member. `paths`: all
 * members of the DTO, to suggest a name for an unknown one.
 */
export function fieldErrorsOfAjv(
  errors: readonly ErrorObject[] | null | undefined,
  paths: () => readonly string[],
): FieldError[] {
  const found = new Map<string, FieldError>();
  for (const error of errors ?? []) {
    if (error.keyword === 'anyOf' || (error.keyword === 'type' && error.schema === 'null')) continue;
    if (found.size === MAX_ERRORS) break;
    const one = fieldErrorOf(error, fieldOf(error.instancePath), paths);
    if (!found.has(one.field)) found.set(one.field, one);
  }
  return [...found.values()];
}

function fieldErrorOf(error: ErrorObject, at: string, paths: () => readonly string[]): FieldError {
  if (error.keyword === 'required') return missingMember(error, at);
  if (error.keyword !== 'additionalProperties') return broken(error, at);
  const { additionalProperty } = error.params as { additionalProperty: string };
  const siblings = Object.keys((error.parentSchema?.['properties'] as object | undefined) ?? {});
  return unknownMember(pathOf(at, additionalProperty), siblings, { paths: paths() });
}

function missingMember({ params, parentSchema }: ErrorObject, parent: string): FieldError {
  const name = String((params as { missingProperty: string }).missingProperty);
  const schema = (parentSchema?.['properties'] as Record<string, RuleSchema> | undefined)?.[name];
  return missing(pathOf(parent, name), schema?.description);
}

function broken({ parentSchema, keyword, message }: ErrorObject, field: string): FieldError {
  const { 'x-rule': rule, description } = (parentSchema ?? {}) as RuleSchema;
  return {
    field,
    rule: rule ?? (keyword === 'type' ? 'object' : keyword),
    message: description ?? (keyword === 'type' ? 'Give a JSON object.' : `It ${message}.`),
  };
}

const fieldOf = (pointer: string): string =>
  pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce(pathOf, '');

/** The library recurses through the whole body: a deeply nested one overflows the stack. */
const toInstance: TransformerPackage['plainToInstance'] = (dto, plain, options) => {
  try {
    return plainToInstance(dto, plain, options);
  } catch (error) {
    throw error instanceof RangeError ? tooDeep() : error;
  }
};

/** The check of queries by decorators. Unknown parameters are refused before, where all parameters of the route are known. */
export const VALIDATION: ValidationPipeOptions = {
  whitelist: true,
  transform: true,
  transformerPackage: { plainToInstance: toInstance, classToPlain: (it) => instanceToPlain(it) },
  // (the value shows whether the member is missing; it is not sent)
  validationError: { target: false, value: true },
  exceptionFactory: (errors) => invalidInput(fieldErrorsOf(errors)),
};
