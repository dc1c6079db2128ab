import fc from 'fast-check';
import { describeProblems, parseCatalog, rate, rateActual } from '..';
import type { Catalog, JobSpec, Rating, Usage } from '..';

const TEXT = `
id: sample
version: "1"
effectiveAt: 2026-01-01
links: { billingUrl: https://billing.example/ }
burnDownOrder: [trial, package, top-up, promotional, pay-as-you-go]
maxCreditsPerJob: 1000000
operations:
  - { id: scan, unit: page, credits: 3, maxFiles: 4 }
  - { id: read, unit: file, credits: 5 }
  - { id: draw, unit: request, credits: 2 }
surcharges:
  - { id: extras, credits: 1, features: [tables, formulas], operations: [scan, read] }
  - { id: express, credits: 10, features: [express] }
fileTypes:
  - { id: pdf, pages: given, aliases: [application/pdf] }
  - { id: sheet, pages: 1 }
`;

function sample(change: (text: string) => string = (text) => text): Catalog {
  const parsed = parseCatalog(change(TEXT));
  if (!parsed.ok) throw new Error(describeProblems(parsed.problems));
  return parsed.catalog;
}
const catalog = sample();

const pdf = (pages?: unknown) => ({ type: 'pdf', ...(pages !== undefined && { pages }) });
const scan = (usage: unknown, features?: unknown) => ({ operation: 'scan', usage, features }) as JobSpec;
const sheets = (count: number) => Array.from({ length: count }, () => ({ type: 'sheet' }));

function ratingOf(job: JobSpec, by = catalog): Rating {
  const rated = rate(by, job);
  if (!rated.ok) throw new Error(JSON.stringify(rated.problems));
  return rated.rating;
}

describe('what is refused', () => {
  const million = 1_000_000;
  test.each<[string, unknown, string[]]>([
    ['no operation', { usage: { pages: 1 } }, ['operation required']],
    ['operation null', { operation: null }, ['operation required']],
    ['an unknown operation', { operation: 'scam' }, ['operation unknown']],
    ['an operation that is no text', { operation: 7 }, ['operation unknown']],
    ['an operation from the prototype', { operation: 'constructor' }, ['operation unknown']],
    ['no usage', scan(undefined), ['usage.pages required']],
    ['empty usage', scan({}), ['usage.pages required']],
    ['pages null', scan({ pages: null }), ['usage.pages required']],
    ['0 pages', scan({ pages: 0 }), ['usage.pages min']],
    ['pages below 0', scan({ pages: -1 }), ['usage.pages min']],
    ['fractional pages', scan({ pages: 1.5 }), ['usage.pages integer']],
    ['pages not a number', scan({ pages: NaN }), ['usage.pages integer']],
    ['pages as text', scan({ pages: '3' }), ['usage.pages integer']],
    ['endless pages', scan({ pages: Infinity }), ['usage.pages integer']],
    ['huge pages', scan({ pages: 1e15 }), ['usage.pages max']],
    ['more credits than a job may take', scan({ pages: million / 2 }), ['usage.pages max']],
    ['a page more than a job may have', scan({ pages: million + 1 }), ['usage.pages max']],
    ['a page too many in one file', scan({ files: [pdf(1), pdf(million + 1)] }), ['usage.files[1].pages max']],
    ['a page too many in all files', scan({ files: [pdf(million / 2), pdf(million / 2 + 1)] }), ['usage.files max']],
    ['a page too many of a request', { operation: 'draw', usage: { pages: million + 1 } }, ['usage.pages max']],
    ['0 files', scan({ files: [] }), ['usage.files min']],
    ['0 files beside pages', scan({ pages: 3, files: [] }), ['usage.files min']],
    ['too many files', scan({ files: sheets(5) }), ['usage.files max']],
    ['files that are no list', scan({ files: 'a.pdf' }), ['usage.files type']],
    ['a file that is no object', scan({ files: ['a.pdf', null] }), ['usage.files[0] type', 'usage.files[1] type']],
    ['a file without type', scan({ files: [{}] }), ['usage.files[0].type required']],
    ['an unknown file type', scan({ files: [{ type: 'exe', pages: 1 }] }), ['usage.files[0].type unknown']],
    ['a PDF without pages', scan({ files: [...sheets(3), pdf()] }), ['usage.files[3].pages required']],
    ['a PDF of 0 pages', scan({ files: [pdf(0)] }), ['usage.files[0].pages min']],
    ['a PDF of half a page', scan({ files: [pdf(0.5)] }), ['usage.files[0].pages integer']],
    ['a sheet of 0 pages', scan({ files: [{ type: 'sheet', pages: 0 }] }), ['usage.files[0].pages min']],
    ['a PDF of a billion pages', scan({ files: [pdf(1e9)] }), ['usage.files[0].pages max']],
    ['pages that contradict the files', scan({ pages: 9, files: [pdf(4)] }), ['usage.pages mismatch']],
    ['no files where files are priced', { operation: 'read', usage: { pages: 3 } }, ['usage.files required']],
    ['an unknown feature', scan({ pages: 1 }, ['tabels']), ['features[0] unknown']],
    ['a feature of other operations', { operation: 'draw', features: ['tables'] }, ['features[0] unknown']],
    ['a feature twice', scan({ pages: 1 }, ['tables', 'tables']), ['features[1] duplicate']],
    ['features that are no list', scan({ pages: 1 }, 'tables'), ['features type']],
    ['a flood of features', scan({ pages: 1 }, Array(51).fill('tables')), ['features max']],
    [
      'all at once',
      scan({ files: [pdf(), { type: 'x' }] }, ['y']),
      ['features[0] unknown', 'usage.files[0].pages required', 'usage.files[1].type unknown'],
    ],
  ])('%s', (_, job, expected) => {
    const rated = rate(catalog, job as JobSpec);
    expect(rated.ok ? [] : rated.problems.map(({ field, rule }) => `${field} ${rule}`)).toEqual(expected);
  });

  it('says what to do next, and repeats nothing that could be the name of a document', () => {
    const messages = (job: unknown) => {
      const rated = rate(catalog, job as JobSpec);
      return rated.ok ? [] : rated.problems.map(({ message }) => message);
    };
    expect(messages({ operation: 'scam' })).toEqual([
      'This is no operation of the catalog. Did you mean "scan"? Use one of: scan, read, draw.',
    ]);
    expect(messages({ operation: 'x' })).toEqual([
      'This is no operation of the catalog. Use one of: scan, read, draw.',
    ]);
    expect(messages(scan({ pages: 400_000 }))).toEqual([
      'The job comes to 1200000 credits, a job may take 1000000 (maxCreditsPerJob of the catalog): split it into several jobs.',
    ]);
    expect(messages(scan({ pages: 1_000_001 }))).toEqual([
      'The job has 1000001 pages, a job may have 1000000 (maxPagesPerJob of the catalog): split it into several jobs.',
    ]);
    expect(messages(scan({ files: [{ type: 'secret-contract.pdf', name: 'secret.pdf' }] })).join()).not.toContain(
      'secret',
    );
  });
});

describe('what is counted', () => {
  test.each<[string, JobSpec, number, number]>([
    ['pages alone', scan({ pages: 4 }), 4, 12],
    ['files alone', scan({ files: [pdf(4), { type: 'sheet' }] }), 5, 15],
    ['pages and files that agree', scan({ pages: 5, files: [pdf(4), { type: 'sheet' }] }), 5, 15],
    ['a file whose type has a fixed number of pages', scan({ files: [{ type: 'sheet', pages: 90 }] }), 1, 3],
    [
      'types in any case, as extension or media type',
      scan({
        files: [{ type: 'PDF', pages: 1 }, { type: ' .Sheet' }, { type: 'Application/PDF; v=1', pages: 1 }],
      }),
      3,
      9,
    ],
    [
      'files, not their pages, where files are priced',
      { operation: 'read', usage: { files: [{ type: 'pdf' }, { type: 'pdf', pages: 9 }] } },
      2,
      10,
    ],
    ['a request with any usage', { operation: 'draw', usage: { pages: 40 } }, 1, 2],
    ['one surcharge for two of its features', scan({ pages: 2 }, ['formulas', 'tables']), 2, 8],
    ['each of two surcharges', scan({ pages: 2 }, ['express', 'tables']), 2, 28],
    ['a surcharge on a request', { operation: 'draw', features: ['express'] }, 1, 12],
  ])('%s', (_, job, units, credits) => {
    expect(ratingOf(job)).toMatchObject({ catalog: 'sample@1', units, credits });
  });

  it('takes the default operation where the catalog names one', () => {
    expect(
      ratingOf(
        {},
        sample((text) => `${text}\ndefaultOperation: draw`),
      ).operation,
    ).toBe('draw');
  });

  it('takes any type, pages given, where the catalog lists no types', () => {
    const open = sample((text) => text.slice(0, text.indexOf('fileTypes')));
    expect(ratingOf(scan({ files: [{ type: 'scroll', pages: 2 }] }), open).units).toBe(2);
    const rated = rate(open, scan({ files: [{ type: 'scroll' }] }));
    expect(rated).toMatchObject({
      ok: false,
      problems: [{ field: 'usage.files[0].pages', rule: 'required' }],
    });
  });
});

describe('the actual usage of a reserved job', () => {
  const reserved = ratingOf(scan({ pages: 10 }, ['tables']));
  const actual = (usage: unknown, rating = reserved, by = catalog) =>
    rateActual(by, rating, usage as Usage | undefined);
  const raised = sample((text) => text.replace('credits: 3', 'credits: 30'));
  const without = sample((text) => text.replace('id: scan', 'id: scan2').replace('[scan, read]', '[read]'));

  test.each<[string, unknown, number]>([
    ['nothing said: as reserved', undefined, 40],
    ['fewer pages', { pages: 4 }, 16],
    ['no page at all: nothing is charged', { pages: 0 }, 0],
    ['no file at all: nothing is charged', { files: [] }, 0],
    ['more pages', { pages: 12 }, 48],
    ['more files than a submission may have', { files: sheets(5) }, 20],
  ])('%s', (_, usage, credits) => {
    expect(actual(usage)).toMatchObject({
      ok: true,
      rating: { ...reserved, units: expect.any(Number), credits },
    });
  });

  it('keeps the recorded prices after a change of the catalog', () => {
    expect(actual({ pages: 5 }, reserved, raised)).toEqual({
      ok: true,
      rating: { ...reserved, units: 5, credits: 20 },
    });
    expect(actual({ files: [pdf(5)] }, reserved, without)).toMatchObject({
      ok: true,
      rating: { credits: 20 },
    });
  });

  it('refuses a usage without the operation’s unit of the operation, and says which it is', () => {
    const files = ratingOf({ operation: 'read', usage: { files: [{ type: 'pdf' }] } });
    const refused = (usage: unknown, rating: Rating) => {
      const rated = actual(usage, rating);
      return rated.ok ? [] : rated.problems.map(({ field, rule }) => `${field} ${rule}`);
    };
    expect(refused({}, reserved)).toEqual(['usage.pages required']);
    expect(refused({ pages: null }, reserved)).toEqual(['usage.pages required']);
    expect(refused({}, files)).toEqual(['usage.files required']);
    expect(refused({ pages: 3 }, files)).toEqual(['usage.files required']);
  });

  it('leaves a request as reserved', () => {
    const request = ratingOf({ operation: 'draw' });
    expect(actual({ pages: 0 }, request)).toEqual({ ok: true, rating: request });
  });

  test.each<[unknown, string | undefined]>([
    [{ pages: 1_000_001 }, 'too_many_pages'],
    [{ files: [pdf(600_000), pdf(600_000)] }, 'too_many_pages'],
    [{ pages: 900_000 }, 'too_many_credits'],
    [{ pages: -1 }, undefined],
  ])('%j: the code %s says which limit is meant', (usage, code) => {
    const rated = actual(usage);
    expect(rated.ok ? 'rated' : rated.code).toBe(code);
  });

  test.each<[unknown, string]>([
    [{ pages: -1 }, 'min'],
    [{ pages: 0.5 }, 'integer'],
    [{ files: [{ type: 'exe' }] }, 'unknown'],
    [{ pages: 900_000 }, 'max'],
  ])('refuses %j (%s)', (usage, rule) => {
    expect(actual(usage)).toMatchObject({ ok: false, problems: [{ rule }] });
  });
});

/** Raise it for a longer search. */
const NUMBER_OF_RUNS = 2_000;
/** Values of every kind, among them those that cannot be turned into text or added to a number. */
const anything: fc.Arbitrary<unknown> = fc.oneof(
  fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withNullPrototype: true,
    withTypedArray: true,
  }),
  fc.constantFrom<unknown>(
    { toString: '' },
    { valueOf: 1, toString: 1 },
    { [Symbol.toPrimitive]: 1 },
    { [Symbol.toPrimitive]: () => ({}) },
    Object.create(null),
    Symbol('pages'),
    10n ** 40n,
    'x'.repeat(100_000),
    Array.from({ length: 5_000 }).reduce((inner) => [inner], 1),
  ),
);

describe('properties', () => {
  const pages = fc.integer({ min: 1, max: 100_000 });

  it('is linear in pages', () => {
    const credits = (count: number) => ratingOf(scan({ pages: count }, ['tables'])).credits;
    fc.assert(fc.property(pages, pages, (a, b) => credits(a) + credits(b) === credits(a + b)));
  });

  it('rates the actual usage as it would have rated the estimate', () => {
    const once = (count: number) => ratingOf(scan({ pages: count }, ['formulas']));
    fc.assert(
      fc.property(pages, pages, (estimate, used) => {
        expect(rateActual(catalog, once(estimate), { pages: used })).toEqual({
          ok: true,
          rating: once(used),
        });
      }),
    );
  });

  it('answers anything with a rating or with problems, never by throwing', () => {
    const operation = fc.constantFrom('scan', 'read', 'draw');
    const file = fc.oneof(
      anything,
      fc.record({ type: fc.oneof(fc.constantFrom('pdf', 'sheet'), anything), pages: anything }),
    );
    const usage = fc.oneof(
      anything,
      fc.record({ pages: anything }),
      fc.record({ files: fc.array(file), pages: fc.oneof(fc.constant(undefined), pages, anything) }),
    );
    const job = fc.record({
      operation: fc.oneof(operation, anything),
      usage,
      features: fc.oneof(anything, fc.array(anything)),
    });
    const withoutText = {
      operation: 'scan',
      usage: { files: [{ type: 'pdf', pages: { toString: '' } }] },
      features: [],
    };
    fc.assert(
      fc.property(job, (any) => {
        for (const rated of [
          rate(catalog, any as JobSpec),
          rateActual(catalog, ratingOf(scan({ pages: 1 })), any.usage as Usage),
        ]) {
          if (rated.ok) expect(Number.isSafeInteger(rated.rating.credits) && rated.rating.credits >= 0).toBe(true);
          else expect(rated.problems.length).toBeGreaterThan(0);
        }
      }),
      { numRuns: NUMBER_OF_RUNS, examples: [[withoutText as never]] },
    );
  });
});
