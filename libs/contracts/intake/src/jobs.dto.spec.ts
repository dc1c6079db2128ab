import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import * as fc from 'fast-check';
import { check, dtoSchemas, fieldErrorsOf, type FieldError } from '@tallystick/contracts/http';
import { JobEndedData, JobSubmittedData, PreviewJobDto, SubmitJobDto, UsageReportedData } from './index';

const job = () => ({
  id: 'job-1',
  organizationId: 'org-1',
  projectId: 'default',
  operation: 'standard-v2',
  usage: { pages: 3, files: [{ type: 'pdf', pages: 3, name: 'a.pdf' }] },
  features: ['structured-output'],
  reference: 'r',
  metadata: { a: 1 },
  occurredAt: '2026-11-21T09:30:00Z',
});
const CASES = {
  SubmitJobDto: { dto: SubmitJobDto, valid: job },
  PreviewJobDto: { dto: PreviewJobDto, valid: job },
  JobSubmittedData: { dto: JobSubmittedData, valid: job },
  JobEndedData: {
    dto: JobEndedData,
    valid: () => ({
      id: 'job-1',
      organizationId: 'org-1',
      usage: job().usage,
      reason: 'x',
      occurredAt: job().occurredAt,
    }),
  },
  UsageReportedData: {
    dto: UsageReportedData,
    valid: () => ({ organizationId: 'o', limit: 'maxStorage', value: 3, occurredAt: '2026-11-21T09:30:00+02:00' }),
  },
} as const;

const byDecorators = (dto: new () => object, input: unknown): FieldError[] =>
  fieldErrorsOf(validateSync(plainToInstance(dto, input) as object, { whitelist: true, forbidNonWhitelisted: true }));

const junk = fc.oneof(
  fc.constantFrom(
    null,
    undefined,
    '',
    ' ',
    '$x',
    'a/b',
    'x'.repeat(200),
    'é'.repeat(129),
    '👩‍👩‍👧️',
    'default',
    '2026-02-30T00:00:00Z',
    '2026-11-21',
    '0001-01-01T00:00:00Z',
    '9999-12-31T23:59:59Z',
  ),
  fc.constantFrom(
    -1,
    0,
    1,
    1.5,
    1e9,
    1e9 + 1,
    1e308,
    NaN,
    true,
    [],
    {},
    [null],
    [1],
    [{}],
    [[]],
    ['a'],
    [{ type: 1 }],
    [{ type: 'pdf', pages: -1 }],
  ),
  fc.jsonValue({ maxDepth: 3 }),
);
const paths = (value: unknown): (string | number)[][] =>
  typeof value !== 'object' || value === null
    ? [[]]
    : [
        [],
        ...Object.entries(value).flatMap(([key, inner]) =>
          paths(inner).map((rest) => [Array.isArray(value) ? Number(key) : key, ...rest]),
        ),
      ];

function withJunk(value: unknown, path: readonly (string | number)[], put: unknown): unknown {
  if (path.length === 0) return put;
  const copy = structuredClone(value) as Record<string | number, unknown>;
  copy[path[0]!] = withJunk(copy[path[0]!], path.slice(1), put);
  return copy;
}

/** Members named like Object's own never reach the decorators; the compiled check refuses them. */
const isComparable = (field: string): boolean => !(field.slice(field.lastIndexOf('.') + 1) in Object.prototype);

describe('both validators', () => {
  test.each(Object.keys(CASES) as (keyof typeof CASES)[])('%s: both agree on any input', (name) => {
    const { dto, valid } = CASES[name];
    const places = paths(valid()).filter((path) => path.length > 0);
    expect(check<object>(dto, valid())).toMatchObject({ ok: true });
    fc.assert(
      fc.property(fc.constantFrom(...places), junk, (path, put) => {
        const input = withJunk(valid(), path, put);
        const decorators = byDecorators(dto, structuredClone(input));
        const compiled = check<object>(dto, structuredClone(input));
        // For a list the decorators report only that it is wrong; the compiled check reports where.
        const fields = (errors: readonly FieldError[]) =>
          [...new Set(errors.map(({ field }) => field.split('[')[0]!))].filter(isComparable).sort();
        expect(compiled.ok ? [] : fields(compiled.errors)).toEqual(fields(decorators));
      }),
      { numRuns: 1_500 },
    );
  });

  test.each<[string, object, string, string]>([
    ['a missing id', { id: undefined }, 'id', 'required'],
    ['a path in an id', { id: '../x' }, 'id', 'id'],
    ['pages as text', { usage: { pages: '3' } }, 'usage.pages', 'whole'],
    ['half a page', { usage: { pages: 0.5 } }, 'usage.pages', 'whole'],
    ['a file without its type', { usage: { files: [{ pages: 1 }] } }, 'usage.files[0].type', 'required'],
    ['metadata beyond its size', { metadata: { text: 'x'.repeat(9_000) } }, 'metadata', 'metadata'],
    ['a day that is none', { occurredAt: '2026-02-30T10:00:00Z' }, 'occurredAt', 'time'],
  ])('%s is named', (_, change, field, rule) => {
    const checked = check(SubmitJobDto, { ...job(), ...change });
    expect(checked).toMatchObject({
      ok: false,
      errors: [{ field, rule, message: expect.stringMatching(/\.$/) }],
    });
  });

  test('deep nesting is refused', () => {
    let deep: unknown = 1;
    for (let i = 0; i < 200_000; i++) deep = [deep];
    expect(check(SubmitJobDto, { ...job(), metadata: { deep } })).toMatchObject({ ok: false });
  });

  test('a whole number is an integer in the schema', () => {
    expect(JSON.stringify(dtoSchemas()['UsageDto'])).toContain('"type":"integer","minimum":1');
  });
});
