import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseMapping } from './mapping';
import { parseTime, shiftToEndAt } from './times';
import { zipf } from './zipf';

const TRACE = readFileSync(join(__dirname, '../../../../../examples/trace-mapping.yaml'), 'utf8');
const HEADER = ['TIMESTAMP', 'ContextTokens', 'GeneratedTokens'];
const row = (number: number, ...values: string[]) => ({ number, values, raw: values, occurrence: 1 });
const base = 'organization: acme\noperation: ocr\nsubmittedAt: { column: at }\n';
const reading = (yaml: string, ...values: string[]) =>
  parseMapping(base + yaml).compile(['at', 'n', 'state'])(row(1, '2026-01-01T00:00:00Z', ...values));

describe('the trace mapping', () => {
  const read = parseMapping(TRACE).compile(HEADER);

  test('reads a row of the trace as a job', () => {
    const job = read(row(1, '2023-11-16 18:17:03.9799600', '4808', '10'));
    expect(job).toMatchObject({ operation: 'document-extraction', pages: 10, fails: false });
    expect(new Date(job.submittedAt).toISOString()).toBe('2023-11-16T18:17:03.979Z');
    expect(job.endsAt! - job.submittedAt).toBe(200);
    expect(job.organizationId).toMatch(/^trace-\d+$/);
  });

  test('one job in fifty fails', () => {
    const failed = Array.from({ length: 200 }, (_, at) => at + 1).filter(
      (number) => read(row(number, '2023-11-16 18:17:03', '1', '1')).fails,
    );
    expect(failed).toEqual([50, 100, 150, 200]);
  });

  test('an id depends on the content of the row, not on its position', () => {
    const id = (number: number, tokens: string, occurrence = 1) =>
      read({ ...row(number, '2023-11-16 18:17:03', tokens, '1'), occurrence }).jobId;
    expect(id(1, '5')).toBe('51f89dda-8b99-512e-ab58-22deb3994c39');
    expect(id(2, '5')).toBe(id(1, '5'));
    expect(new Set([id(1, '5'), id(1, '6'), id(1, '5', 2)]).size).toBe(3);
  });

  test('random values depend on the id', () => {
    const organization = (number: number) => read(row(number, '2023-11-16 18:17:03', '5', '1')).organizationId;
    expect(new Set([1, 2, 3, 50, 99].map(organization)).size).toBe(1);
  });

  test('--ids position generates the ids and random values of earlier versions', () => {
    const old = parseMapping(TRACE).compile(HEADER, 'position');
    const { jobId, organizationId } = old(row(1, '2023-11-16 18:17:03', '5', '1'));
    expect(jobId).toBe('bd7ab758-ab4c-5d3e-b9a6-296e95ce524b');
    expect(organizationId).toBe('trace-1');
    expect(old(row(2, '2023-11-16 18:17:03', '5', '1')).jobId).not.toBe(jobId);
  });
});

describe('arithmetic', () => {
  const pages = (form: string, value: string) => reading(`pages: ${form}`, value, '').pages;

  test.each([
    ['{ column: n, divideBy: 500, round: up }', '500', 1],
    ['{ column: n, divideBy: 500, round: up }', '501', 2],
    ['{ column: n, divideBy: 500, round: down }', '999', 1],
    ['{ column: n, divideBy: 10, round: nearest }', '25', 3],
    ['{ column: n, multiplyBy: 3, divideBy: 2, plus: 1 }', '4', 7],
    ['{ column: n }', '12', 12],
    ['{ column: n }', '+012.0', 12],
    ['7', '1', 7],
    ['{ column: n, multiplyBy: 100, round: up }', '0.07', 7],
    ['{ column: n, multiplyBy: 100, round: up }', '0.0700000000000000000001', 8],
    ['{ column: n, multiplyBy: 100, round: down }', '0.29', 29],
    ['{ column: n, multiplyBy: 100, round: nearest }', '1.005', 101],
    ['{ column: n, multiplyBy: 0.1, round: up }', '30', 3],
    ['{ column: n, multiplyBy: 3, divideBy: 3, round: up }', '1.1', 2],
    ['{ column: n, divideBy: 0.1, round: up }', '0.3', 3],
    ['{ column: n, multiplyBy: 10, plus: -0.1, round: up }', '0.21', 2],
    ['{ column: n, divideBy: 3, multiplyBy: 3 }', '7', 7],
    ['{ column: n, round: down }', '9007199254740991.9', 9007199254740991],
    ['{ column: n, decimal: ",", multiplyBy: 10 }', '1,5', 15],
    ['{ column: n, default: 4 }', '', 4],
  ])('%s of %s is %i', (form, value, result) => expect(pages(form, value)).toBe(result));

  test.each([
    ['{ column: n }', 'x', 'n is not a decimal number: x'],
    ['{ column: n }', '0x10', 'n is not a decimal number: 0x10'],
    ['{ column: n }', '1e3', 'n is not a decimal number: 1e3'],
    ['{ column: n }', 'Infinity', 'n is not a decimal number: Infinity'],
    ['{ column: n }', '1 000', 'n is not a decimal number: 1 000'],
    ['{ column: n }', '1,5', 'if "," is its decimal sign, add decimal: "," to the mapping'],
    ['{ column: n, decimal: "," }', '1.5', 'if "." is its decimal sign'],
    ['{ column: n }', '1,234.5', 'n is not a decimal number: 1,234.5'],
    ['{ column: n }', '9'.repeat(61), 'n is not a decimal number'],
    ['{ column: n }', '9007199254740993', 'pages is 9007199254740993, which is too large'],
    ['{ column: n }', '', 'n is empty; add a default to the mapping'],
    ['{ column: n, divideBy: 2 }', '3', 'pages is 1.5, which is not a whole number; add a rounding to the mapping'],
  ])('%s of "%s" makes the row invalid', (form, value, reason) => expect(() => pages(form, value)).toThrow(reason));
});

describe('outcomes', () => {
  test('a column lists the jobs that fail', () => {
    const fails = (state: string) => reading('outcome: { column: state, failed: [error, 500] }', '1', state).fails;
    expect(['ok', 'error', '500'].map(fails)).toEqual([false, true, true]);
  });

  test('white space around listed values and YAML types are ignored', () => {
    const fails = (failed: string, state: string) =>
      reading(`outcome: { column: state, failed: [${failed}] }`, '1', state).fails;
    expect(fails('" failed "', 'failed')).toBe(true);
    for (const value of ['1.0', '0x10', '007', 'no', 'null']) expect(fails(value, value)).toBe(true);
    expect(fails('1.0', '1')).toBe(false);
  });

  test('an unlisted value completes the job and is reported; with both lists it makes the row invalid', () => {
    expect(reading('outcome: { column: state, failed: [failed] }', '1', 'Failed')).toMatchObject({
      fails: false,
      unlisted: 'Failed',
    });
    const both = 'outcome: { column: state, failed: [failed], completed: [ok] }';
    expect(reading(both, '1', 'ok').unlisted).toBeUndefined();
    expect(() => reading(both, '1', 'Failed')).toThrow(
      'state is "Failed", which the mapping does not list as an outcome',
    );
    expect(() => reading(both, '1', '')).toThrow('state is empty');
    expect(reading('outcome: { column: state, failed: [failed], default: failed }', '1', '').fails).toBe(true);
  });

  test('without duration and outcome a job stays open', () => {
    expect(reading('pages: 1', '', '').endsAt).toBeUndefined();
    expect(reading('duration: 5', '', '').endsAt).toBe(Date.parse('2026-01-01T00:00:00.005Z'));
  });
});

describe('columns', () => {
  const compile = (yaml: string, header: string[]) => parseMapping(base + yaml).compile(header);

  test('with equal names are refused if the mapping uses one of them', () => {
    expect(() => compile('pages: { column: n }', ['at', 'n', 'n'])).toThrow(
      'pages: the file has 2 columns named "n"; rename all but one in its header.',
    );
    expect(() => compile('pages: 1', ['at', 'n', 'n'])).not.toThrow();
    expect(() => compile('pages: { column: "" }', ['at', ''])).toThrow('there is no column ""');
  });
});

describe('an invalid mapping is refused with advice', () => {
  test.each([
    ['pages: { column: n, divedeBy: 2 }', 'pages: divedeBy is not known here'],
    ['pages: { column: m }', 'pages: there is no column "m"; the file has at, n, state.'],
    ['pages: { column: n, divideBy: 0 }', 'pages.divideBy: give a number above zero.'],
    ['pages: { column: n, round: off }', 'pages.round: give up, down or nearest.'],
    ['project: { zipf: { count: 0 } }', 'project.zipf.count: give a whole number from 1 to 1000000.'],
    ['project: { zipf: { count: 3, seed: x } }', 'project.zipf.seed: give a whole number.'],
    ['outcome: { failEvery: 0 }', 'outcome.failEvery: give a whole number above zero.'],
    [
      'outcome: { column: state }',
      'outcome: give { failEvery: n } or { column, failed: [values], completed: [values] }.',
    ],
    ['delimiter: "::"', 'delimiter: give one character, such as ";", or "\\t" for a tab.'],
    ['decimal: x', 'decimal: give . or ,.'],
    ['pages: { column: n, multiplyBy: 1e3 }', 'pages.multiplyBy: give a number above zero.'],
    ['pages: many', 'pages: give a decimal number.'],
    ['plan: [a]', 'plan: give a text or a number.'],
    ['id: 7', 'id: give { column } or { hash: [columns] }.'],
    ['pages: { column: n, round: { toString: 1 } }', 'pages.round: give up, down or nearest.'],
    ['project: { zipf: { count: 3, prefix: { toString: 1 } } }', 'project.zipf.prefix: give a text or a number.'],
    ['outcome: { column: state, failed: [{ toString: 1 }] }', 'outcome.failed: give a text or a number.'],
    ['plan: { toString: 1 }', 'plan: give a text or a number.'],
    ['grant: many', 'grant: give a whole number of credits.'],
    ['paegs: 1', 'the mapping: paegs is not known here'],
  ])('%s', (yaml, advice) => expect(() => reading(yaml, '1', '1')).toThrow(advice));

  test('missing fields and invalid YAML', () => {
    expect(() => parseMapping('operation: ocr')).toThrow('organization: is missing.');
    expect(() => parseMapping('a: [')).toThrow('the mapping: is not YAML');
    expect(() => parseMapping('')).toThrow('the mapping: give a field and its form on each line.');
  });
});

describe('times', () => {
  test.each([
    ['2023-11-16 18:17:03.9799600', 'iso', '2023-11-16T18:17:03.979Z'],
    ['2026-11-21', 'iso', '2026-11-21T00:00:00.000Z'],
    ['2026-11-21T10:00+01:00', 'iso', '2026-11-21T09:00:00.000Z'],
    ['2026-11-21 10:00:00,5 +0100', 'iso', '2026-11-21T09:00:00.500Z'],
    ['1700000000', 'epoch-seconds', '2023-11-14T22:13:20.000Z'],
    ['1700000000.25', 'epoch-seconds', '2023-11-14T22:13:20.250Z'],
    ['2026-11-30 00:00:01+00', 'iso', '2026-11-30T00:00:01.000Z'],
    ['2026-11-30 00:00:01.123456-03', 'iso', '2026-11-30T03:00:01.123Z'],
    ['2026-11-30 00:00:01.5+05:30', 'iso', '2026-11-29T18:30:01.500Z'],
    ['2026-11-30 00:00:01 UTC', 'iso', '2026-11-30T00:00:01.000Z'],
    ['1700000000.001', 'epoch-seconds', '2023-11-14T22:13:20.001Z'],
    ['1700000000.0019', 'epoch-seconds', '2023-11-14T22:13:20.001Z'],
    ['1700000000250', 'epoch-milliseconds', '2023-11-14T22:13:20.250Z'],
  ] as const)('%s as %s', (text, format, instant) =>
    expect(new Date(parseTime(text, format)!).toISOString()).toBe(instant),
  );

  test.each(['2026-02-30', '16.11.2023', 'now', '2026-11-21T25:00', '2026-11-21T10:00+99', '2026-11-21 10:00+1', ''])(
    '"%s" is not a time',
    (text) => expect(parseTime(text, 'iso')).toBeUndefined(),
  );

  test.each(['1e9', '0x10', '1,5', ''])('"%s" is not a time since 1970', (text) =>
    expect(parseTime(text, 'epoch-seconds')).toBeUndefined(),
  );

  test('a file is moved by the difference between its last time and now', () => {
    expect(shiftToEndAt(1_000, 400)).toBe(600);
    expect(shiftToEndAt(1_000, undefined)).toBe(0);
  });
});

describe('zipf', () => {
  const draw = zipf({ count: 10, exponent: 1, seed: 7, prefix: 'org-' });
  const names = Array.from({ length: 20_000 }, (_, at) => draw(String(at + 1)));

  test('depends on seed and row', () => {
    expect(names.slice(0, 8)).toEqual(names.slice(0, 8).map((_, at) => draw(String(at + 1))));
    expect(names.slice(0, 5)).toEqual(['org-7', 'org-3', 'org-1', 'org-1', 'org-7']);
    const other = zipf({ count: 10, exponent: 1, seed: 8, prefix: 'org-' });
    expect(names.slice(0, 50)).not.toEqual(names.slice(0, 50).map((_, at) => other(String(at + 1))));
  });

  test('the k-th name is drawn about 1/k as often as the first', () => {
    const count = (name: string) => names.filter((it) => it === name).length;
    for (const k of [2, 5, 10]) expect(Math.abs((count(`org-${k}`) * k) / count('org-1') - 1)).toBeLessThan(0.1);
    expect(new Set(names).size).toBe(10);
  });
});
