import type { Catalog, JobSpec, Usage, UsageFile } from '@tallystick/domain/catalog';
import { parseCatalog } from '@tallystick/domain/catalog';
import {
  codeOf,
  fail,
  given,
  givenUnder,
  grant,
  places,
  submit,
  type TestCommand,
  type HarnessResult,
} from '../../support/ledger-harness';
import { PLAIN } from '../../support/catalogs';

const file = (type: string, pages?: number): UsageFile => ({ type, ...(pages !== undefined && { pages }) });
const read = (usage: Usage, features?: readonly string[]): JobSpec => ({
  operation: 'read',
  usage,
  features,
});
const filed = (...files: UsageFile[]): JobSpec => read({ files });
const job = (spec: JobSpec): TestCommand => submit('j', 0, { job: spec });
const end = (usage?: Usage): TestCommand => ({
  type: 'EndJob',
  jobId: 'j',
  outcome: { kind: 'completed', usage },
});
const answerTo = ({ answer }: HarnessResult) => answer;

/** Default maximums, and three credits per page. */
function withoutTypes(): Catalog {
  const parsed = parseCatalog(`
id: plain
version: "1"
effectiveAt: 2026-01-01
links: { billingUrl: https://billing.example/buy }
operations: [{ id: read, unit: page, credits: 3 }]
burnDownOrder: [trial, promotional, package, top-up, pay-as-you-go]
`);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.catalog;
}

describe('a repeated submission', () => {
  const first = filed(file('pdf', 3), file('jpg', 1), file('pdf', 5));

  test.each<[string, JobSpec, JobSpec]>([
    ['a type in capitals', first, filed(file('PDF', 3), file('.Jpg', 1), file('pdf', 5))],
    ['a media type', first, filed(file('application/pdf', 3), file('image/jpeg', 1), file('application/pdf; v=2', 5))],
    ['files in another order', first, filed(file('pdf', 5), file('pdf', 3), file('jpg', 1))],
    ['pages that the type does not count', first, filed(file('pdf', 3), file('jpg', 40), file('pdf', 5))],
    ['the total beside the files', first, read({ pages: 9, files: first.usage!.files })],
    [
      'features in another order',
      read({ pages: 1 }, ['structured', 'instructed']),
      read({ pages: 1 }, ['instructed', 'structured']),
    ],
    ['a feature twice', read({ pages: 1 }, ['structured']), read({ pages: 1 }, ['structured', 'structured'])],
    ['no features', read({ pages: 1 }), read({ pages: 1 }, [])],
  ])('%s: is the same', (_, before, again) => {
    const harness = given(grant('g', 100), job(before));
    const reserved = harness.when(job(before));
    expect(harness.when(job(again))).toEqual(reserved);
    expect(reserved.answer).toMatchObject({ kind: 'reserved', repeated: { revision: 2 } });
  });

  test.each<[string, JobSpec]>([
    ['another page', filed(file('pdf', 4), file('jpg', 1), file('pdf', 5))],
    ['pages moved between files', filed(file('pdf', 4), file('jpg', 1), file('pdf', 4))],
    ['another type', filed(file('pdf', 3), file('text', 1), file('pdf', 5))],
    ['a file twice', filed(file('pdf', 3), file('jpg', 1), file('pdf', 5), file('pdf', 3))],
    ['one of two equal files', filed(file('pdf', 3), file('pdf', 5))],
    ['the total alone', read({ pages: 9 })],
    ['a feature', read(first.usage!, ['structured'])],
  ])('with %s: is another one', (_, other) =>
    expect(codeOf(given(grant('g', 100), job(first)).when(job(other)))).toBe('job_conflict'),
  );

  test('in a catalog without types, a media type is its subtype', () => {
    const harness = givenUnder({ catalog: withoutTypes() }, grant('g', 100), job(filed(file('pdf', 3))));
    expect(codeOf(harness.when(job(filed(file('application/PDF', 3)))))).toBe('reserved');
    expect(codeOf(harness.when(job(filed(file('image/png', 3)))))).toBe('job_conflict');
  });
});

describe('an outcome that arrives before its job', () => {
  const said = (harness: ReturnType<typeof given>) =>
    harness.stored.filter((text) => text.includes('OutcomeContradicted')).length;

  test('again with its files in another order is no contradiction, with other pages it is', () => {
    const harness = given(grant('g', 100), end({ files: [file('pdf', 1), file('PDF', 2)] }));
    harness.run(end({ files: [file('application/pdf', 2), file('pdf', 1)] }));
    expect(said(harness)).toBe(0);
    harness.run(end({ files: [file('pdf', 2)] }));
    expect(said(harness)).toBe(1);
  });

  test('all pages and no pages are different outcomes', () => {
    expect(said(given(end(), end({ pages: 0 })))).toBe(1);
    expect(said(given(end({ pages: 0 }), end({ files: [] })))).toBe(0);
  });

  test('with an empty usage, or too many pages, is refused', () => {
    expect(answerTo(given().when(end({})))).toMatchObject({
      kind: 'refused',
      refusal: { code: 'invalid_job', problems: [{ field: 'usage', rule: 'required' }] },
    });
    expect(codeOf(given().when(end({ pages: 1_000_001 })))).toBe('too_many_pages');
  });

  test('with pages for an operation that is priced by files: consumes what was reserved', () => {
    const convert = job({ operation: 'convert', usage: { files: [file('pdf', 9)] } });
    expect(places(given(grant('g', 100), end({ pages: 9 }), convert))).toEqual([95, 0, 5, 0, 0]);
  });
});

describe('a usage without the operation’s unit', () => {
  const harness = () => given(grant('g', 100), submit('j', 10));

  test('is refused, and the job stays open', () => {
    const open = harness();
    expect(answerTo(open.when(end({})))).toMatchObject({
      kind: 'refused',
      refusal: { code: 'invalid_job', problems: [{ field: 'usage.pages', rule: 'required' }] },
    });
    expect(places(open)).toEqual([90, 10, 0, 0, 0]);
    expect(answerTo(open.when(end({ pages: 9 })))).toMatchObject({ consumed: 9, refunded: 1 });
  });

  test('does not matter for a failure', () => expect(places(harness().run(fail('j')))).toEqual([100, 0, 0, 0, 0]));
});

describe('the maximum size of a job', () => {
  const million = 1_000_000;

  test('a million pages, at three credits each', () => {
    const large = givenUnder({ catalog: withoutTypes() }, grant('g', 3 * million));
    expect(large.when(submit('j', million)).answer).toMatchObject({ kind: 'reserved', credits: 3 * million });
    expect(codeOf(large.when(submit('k', million + 1)))).toBe('too_many_pages');
  });

  test('at completion too: more pages are refused, and nothing moves', () => {
    const harness = given(grant('g', 100), submit('j', 10));
    expect(codeOf(harness.when(end({ pages: 2 * million })))).toBe('too_many_pages');
    expect(codeOf(harness.when(end({ files: [file('pdf', million), file('pdf', 1)] })))).toBe('too_many_pages');
    expect(places(harness)).toEqual([90, 10, 0, 0, 0]);
  });

  test('credits have their own limit', () => {
    const harness = givenUnder({ catalog: { ...PLAIN, maxCreditsPerJob: 50 } }, grant('g', 100));
    expect(codeOf(harness.when(submit('j', 51)))).toBe('too_many_credits');
  });
});
