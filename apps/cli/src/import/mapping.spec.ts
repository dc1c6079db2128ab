import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseMapping } from './mapping';
import { parseTime, shiftToEndAt } from './times';
import { zipf } from './zipf';

const TRACE = readFileSync(join(__dirname, '../../../../examples/trace-mapping.yaml'), 'utf8');
const HEADER = ['TIMESTAMP', 'ContextTokens', 'GeneratedTokens'];
const row = (number: number, ...values: string[]) => ({ number, values });
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

  test('an id depends on the row and its number, on nothing else', () => {
    const id = (number: number, tokens: string) =>
      read(row(number, '2023-11-16 18:17:03', tokens, '1')).jobId;
    expect(id(1, '5')).toBe('bd7ab758-ab4c-5d3e-b9a6-296e95ce524b');
    expect(new Set([id(1, '5'), id(1, '5'), id(2, '5'), id(1, '6')]).size).toBe(3);
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
    ['{ column: n }', ' 12 ', 12],
    ['7', '1', 7],
  ])('%s of %s is %i', (form, value, result) => expect(pages(form, value)).toBe(result));

  test.each([
    ['{ column: n }', 'x', 'n is no number: x'],
    ['{ column: n }', '', 'n is empty'],
    [
      '{ column: n, divideBy: 2 }',
      '3',
      'pages come out as 1.5, no whole number; add a rounding to the mapping',
    ],
  ])('%s of "%s" is a bad row', (form, value, reason) => expect(() => pages(form, value)).toThrow(reason));
});

describe('outcomes', () => {
  test('a column tells which jobs fail', () => {
    const fails = (state: string) =>
      reading('outcome: { column: state, failed: [error, 500] }', '1', state).fails;
    expect(['ok', 'error', '500'].map(fails)).toEqual([false, true, true]);
  });

  test('without duration and outcome a job stays open', () => {
    expect(reading('pages: 1', '', '').endsAt).toBeUndefined();
    expect(reading('duration: 5', '', '').endsAt).toBe(Date.parse('2026-01-01T00:00:00.005Z'));
  });
});

describe('a mapping that cannot be used says what to write', () => {
  test.each([
    ['pages: { column: n, divedeBy: 2 }', 'pages: divedeBy is not known here'],
    ['pages: { column: m }', 'pages: there is no column "m"; the file has at, n, state.'],
    ['pages: { column: n, divideBy: 0 }', 'pages.divideBy: give a number above zero.'],
    ['pages: { column: n, round: off }', 'pages.round: give up, down or nearest.'],
    ['project: { zipf: { count: 0 } }', 'project.zipf.count: give a whole number from 1 to 1000000.'],
    ['project: { zipf: { count: 3, seed: x } }', 'project.zipf.seed: give a whole number.'],
    ['outcome: { failEvery: 0 }', 'outcome: give { failEvery: n } or { column, failed: [values] }.'],
    ['id: 7', 'id: give { column } or { hash: [columns] }.'],
    ['pages: { column: n, round: { toString: 1 } }', 'pages.round: give up, down or nearest.'],
    [
      'project: { zipf: { count: 3, prefix: { toString: 1 } } }',
      'project.zipf.prefix: give a text or a number.',
    ],
    ['outcome: { column: state, failed: [{ toString: 1 }] }', 'outcome.failed: give a text or a number.'],
    ['plan: { toString: 1 }', 'plan: give a text or a number.'],
    ['grant: many', 'grant: give a whole number of credits.'],
    ['paegs: 1', 'the mapping: paegs is not known here'],
  ])('%s', (yaml, advice) => expect(() => reading(yaml, '1', '1')).toThrow(advice));

  test('what is missing, and what is no YAML', () => {
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
    ['1700000000250', 'epoch-milliseconds', '2023-11-14T22:13:20.250Z'],
  ] as const)('%s as %s', (text, format, instant) =>
    expect(new Date(parseTime(text, format)!).toISOString()).toBe(instant),
  );

  test.each(['2026-02-30', '16.11.2023', 'now', '2026-11-21T25:00', ''])('"%s" is no time', (text) =>
    expect(parseTime(text, 'iso')).toBeUndefined(),
  );

  test('a file is moved by what is between its last time and now', () => {
    expect(shiftToEndAt(1_000, 400)).toBe(600);
    expect(shiftToEndAt(1_000, undefined)).toBe(0);
  });
});

describe('zipf', () => {
  const draw = zipf({ count: 10, exponent: 1, seed: 7, prefix: 'org-' });
  const names = Array.from({ length: 20_000 }, (_, at) => draw(at + 1));

  test('is the same for the same seed and row, and another for another seed', () => {
    expect(names.slice(0, 8)).toEqual(names.slice(0, 8).map((_, at) => draw(at + 1)));
    expect(names.slice(0, 5)).toEqual(['org-7', 'org-3', 'org-1', 'org-1', 'org-7']);
    const other = zipf({ count: 10, exponent: 1, seed: 8, prefix: 'org-' });
    expect(names.slice(0, 50)).not.toEqual(names.slice(0, 50).map((_, at) => other(at + 1)));
  });

  test('the k-th name comes up about 1/k as often as the first', () => {
    const count = (name: string) => names.filter((it) => it === name).length;
    for (const k of [2, 5, 10])
      expect(Math.abs((count(`org-${k}`) * k) / count('org-1') - 1)).toBeLessThan(0.1);
    expect(new Set(names).size).toBe(10);
  });
});
