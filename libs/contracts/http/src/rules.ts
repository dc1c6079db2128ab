import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { DAY, ID_FORM, ID_RULE, instantOf, MAX_CREDITS } from '@tallystick/domain/kernel';
import { IsOptional, ValidateBy } from 'class-validator';
import { BOUNDS } from './bounds';

/**
 * A rule for a member: a predicate, a JSON schema and a message. Both validators use it: class-validator for queries, ajv for
 * bodies and events.
 */
export interface Rule {
  readonly name: string;
  readonly schema: Readonly<Record<string, unknown>>;
  readonly message: string;
  readonly holds: (value: unknown) => boolean;
}

const isText = (value: unknown): value is string => typeof value === 'string';
/** In code points, like JSON schema. */
const lengthOf = (text: string): number => (text.length < 2 ? text.length : [...text].length);

export const id = (): Rule => ({
  name: 'id',
  schema: { type: 'string', pattern: ID_FORM.source },
  message: `Give ${ID_RULE}.`,
  holds: (value) => isText(value) && ID_FORM.test(value),
});

export const text = (max: number, min = 1): Rule => ({
  name: 'text',
  schema: { type: 'string', minLength: min, maxLength: max },
  message: `Give a text of ${min} to ${max} characters.`,
  holds: (value) => isText(value) && lengthOf(value) >= min && lengthOf(value) <= max,
});

export const whole = (min: number, max: number = MAX_CREDITS): Rule => ({
  name: 'whole',
  schema: { type: 'integer', minimum: min, maximum: max },
  message: `Give a whole number from ${min} to ${max}.`,
  holds: (value) => Number.isInteger(value) && (value as number) >= min && (value as number) <= max,
});

/** A number of pages. The catalog limits the pages of a job. */
export const pages = (min: number): Rule => ({
  ...whole(min, Number.MAX_SAFE_INTEGER),
  message: `Give a whole number of pages, ${min} or more.`,
});

export const oneOf = (values: readonly string[]): Rule => ({
  name: 'oneOf',
  schema: { type: 'string', enum: values },
  message: `Give one of: ${values.join(', ')}.`,
  holds: (value) => isText(value) && values.includes(value),
});

const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/;
/** No job is older. */
const FIRST_TIME = '2000-01-01T00:00:00.000Z';

/** ISO 8601 with a zone and an existing day, from the year 2000 to 9998. */
export function isTime(value: unknown): value is string {
  if (!isText(value) || !TIME.test(value)) return false;
  const day = Date.parse(`${value.slice(0, 10)}T00:00:00Z`);
  const at = Date.parse(value);
  const isDay = !Number.isNaN(day) && instantOf(day).startsWith(value.slice(0, 10));
  return isDay && !Number.isNaN(at) && at >= Date.parse(FIRST_TIME) && at < Date.parse('9999-01-01T00:00:00Z');
}

export const time = (): Rule => ({
  name: 'time',
  schema: { type: 'string', format: 'date-time' },
  message: 'Give a time as ISO 8601 with its zone, like 2026-11-21T09:30:00Z.',
  holds: isTime,
});

/** For data that is stored by the day: another time would select more or less than requested. */
export const startOfDay = (): Rule => ({
  ...time(),
  name: 'day',
  message: 'Give the start of a day in UTC, like 2026-11-21T00:00:00Z: usage is kept by these days.',
  holds: (value) => isTime(value) && Date.parse(value) % DAY === 0 && !/\.\d*[1-9]/.test(value),
});

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
/** False for a value that is nested too deeply for JSON. */
export function fits(value: unknown, bytes: number): boolean {
  try {
    return Buffer.byteLength(JSON.stringify(value) ?? '') <= bytes;
  } catch {
    return false;
  }
}

export const metadata = (): Rule => ({
  name: 'metadata',
  schema: { type: 'object', additionalProperties: true, maxBytes: BOUNDS.metadataBytes },
  message: `Give an object of at most ${BOUNDS.metadataBytes} bytes as JSON.`,
  holds: (value) => isObject(value) && fits(value, BOUNDS.metadataBytes),
});

export const anObject = (): Rule => ({
  name: 'object',
  schema: { type: 'object' },
  message: 'Give an object.',
  holds: isObject,
});

export const listOf = (item: Rule, max: number, min = 0): Rule => ({
  name: 'list',
  schema: { type: 'array', items: item.schema, maxItems: max, minItems: min },
  message: `Give a list of ${min} to ${max} entries. For each of them: ${item.message}`,
  holds: (value) =>
    Array.isArray(value) && value.length >= min && value.length <= max && value.every((entry) => item.holds(entry)),
});

/** A list whose entries are checked one by one, each with a result of its own. */
export const list = (max: number, min = 0): Rule => ({
  name: 'list',
  schema: { type: 'array', maxItems: max, minItems: min },
  message: `Give a list of ${min} to ${max} entries.`,
  holds: (value) => Array.isArray(value) && value.length >= min && value.length <= max,
});

export const flag = (): Rule => ({
  name: 'flag',
  schema: { type: 'boolean' },
  message: 'Give true or false.',
  holds: (value) => typeof value === 'boolean',
});

export const either = (a: Rule, b: Rule): Rule => ({
  name: a.name,
  schema: { anyOf: [a.schema, b.schema] },
  message: `${a.message.slice(0, -1)}, or: ${b.message}`,
  holds: (value) => a.holds(value) || b.holds(value),
});

const validateBy = (rule: Rule) =>
  ValidateBy({
    name: rule.name,
    constraints: [rule],
    validator: { validate: (value) => rule.holds(value), defaultMessage: () => rule.message },
  });

/** A required member. */
export const Must = (rule: Rule) => applyDecorators(validateBy(rule), ApiProperty(documented(rule, true)));

/** An optional member. Null means absent. */
export const May = (rule: Rule) =>
  applyDecorators(IsOptional(), validateBy(rule), ApiProperty(documented(rule, false)));

/** Without our keyword `maxBytes`. */
function documented({ schema, message }: Rule, required: boolean): object {
  const { maxBytes: _bytes, ...known } = schema;
  return { ...known, description: message, required };
}

export const RULE_NAMES = [
  'id',
  'text',
  'whole',
  'oneOf',
  'time',
  'day',
  'metadata',
  'object',
  'list',
  'flag',
] as const;
/** A schema with its rule and its message. */
export const schemaOf = (rule: Rule) => ({ ...rule.schema, 'x-rule': rule.name, description: rule.message });
