import { sample } from '../../support/sample';
import { approximateUnitPrice, overageSlices, priceAt, priceOverage, rate, rateActual, tooManyPages } from '..';
import type { JobSpec, TierTable } from '..';
import { nearest } from '@tallystick/domain/kernel';

// Boundary values of the rules for jobs and for prices of overage.

const catalog = sample();

describe('a job at its bounds', () => {
  const scan = (usage: unknown, features?: unknown) => ({ operation: 'scan', usage, features }) as JobSpec;
  const problems = (job: unknown, by = catalog) => {
    const rated = rate(by, job as JobSpec);
    return rated.ok ? [] : rated.problems.map(({ field, rule }) => `${field} ${rule}`);
  };
  const features = (count: number) => Array.from({ length: count }, (_, i) => `f${i}`);
  const sheets = (count: number) => Array.from({ length: count }, () => ({ type: 'sheet' }));

  test.each<[string, unknown, string[]]>([
    ['as many features as allowed', scan({ pages: 1 }, features(50)), []],
    ['one feature more', scan({ pages: 1 }, features(51)), ['features max']],
    ['no features', scan({ pages: 1 }, []), []],
    ['features null', scan({ pages: 1 }, null), []],
    ['as many files as allowed', scan({ files: sheets(3) }), []],
    ['one file more', scan({ files: sheets(4) }), ['usage.files max']],
    ['too many files are not looked at one by one', scan({ files: [null, null, null, null] }), ['usage.files max']],
    ['no file is not looked at', scan({ files: [] }), ['usage.files min']],
    ['one page', scan({ pages: 1 }), []],
    ['as many credits as a job may take', scan({ pages: 333 }), []],
    ['one page more', scan({ pages: 334 }), ['usage.pages max']],
    ['more pages than credits that a job may take', scan({ pages: 1001 }), ['usage.pages max']],
    [
      'too many files for the credits of a job',
      { operation: 'read', usage: { files: sheets(201) } },
      ['usage.files max'],
    ],
    ['files for all the credits of a job', { operation: 'read', usage: { files: sheets(200) } }, []],
    ['a file without pages where files are priced', { operation: 'read', usage: { files: [{ type: 'pdf' }] } }, []],
    ['pages beside files where files are priced', { operation: 'read', usage: { pages: 9, files: sheets(1) } }, []],
    [
      'wrong pages where files are priced',
      { operation: 'read', usage: { pages: 0, files: sheets(1) } },
      ['usage.pages min'],
    ],
    [
      'two faults of a file',
      scan({ files: [{ pages: 0 }] }),
      ['usage.files[0].type required', 'usage.files[0].pages min'],
    ],
    ['a type of no letters', scan({ files: [{ type: '', pages: 1 }] }), ['usage.files[0].type required']],
    [
      'a total that is wrong beside a file that is',
      scan({ pages: 9, files: [{ type: 'pdf' }] }),
      ['usage.files[0].pages required'],
    ],
    ['pages null beside files', scan({ pages: null, files: sheets(1) }), []],
    ['files null beside pages', scan({ pages: 1, files: null }), []],
  ])('%s', (_, job, expected) => {
    expect(problems(job)).toEqual(expected);
  });

  test('a job that takes as many pages as credits: the last page is allowed', () => {
    const cheap = sample(['credits: 3, maxFiles', 'credits: 1, maxFiles']);
    expect([1000, 1001].map((pages) => problems(scan({ pages }), cheap))).toEqual([[], ['usage.pages max']]);
  });

  test('a request that is too expensive names the operation', () => {
    expect(problems({ operation: 'draw' }, sample(['Job: 1000', 'Job: 1']))).toEqual(['operation max']);
  });

  test('messages name the number that is allowed, and a near name', () => {
    const messages = (job: unknown, by = catalog) => {
      const rated = rate(by, job as JobSpec);
      return rated.ok ? [] : rated.problems.map(({ message }) => message);
    };
    expect(messages(scan({ files: sheets(4) }))[0]).toContain('at most 3 files, not 4');
    expect(messages(scan({ files: sheets(4) }), sample(['maxFiles: 3', 'maxFiles: 1']))[0]).toContain(
      'one file, not 4',
    );
    expect(messages({ operation: 'read', features: ['x'], usage: { files: sheets(1) } })).toEqual([
      'This is no feature of read. It has none: leave features out.',
    ]);
    expect(messages({ operation: 'draw', features: ['expres'] })).toEqual([
      'This is no feature of draw. Did you mean "express"? Use one of: express.',
    ]);
    expect(messages({})).toEqual(['Name an operation: one of scan, read, draw.']);
    expect(messages(scan({ pages: 5, files: sheets(1) }))[0]).toContain('usage.pages says 5, the files count 2');
    expect(messages(scan({ files: [{ type: 'x', pages: 1 }] }))[0]).toContain(
      'Use one of: pdf, sheet, or its media type',
    );
  });

  test('whole ratings, with surcharges in the catalog’s order', () => {
    expect(rate(catalog, scan({ pages: 2 }, ['express', 'f3', 'f1']))).toEqual({
      ok: true,
      rating: {
        catalog: 'sample@1',
        operation: 'scan',
        unit: 'page',
        units: 2,
        unitCredits: 3,
        surcharges: [
          { feature: 'extras', unitCredits: 1 },
          { feature: 'express', unitCredits: 10 },
        ],
        credits: 28,
      },
    });
  });

  test('a request that was reserved stays as it was, though a later catalog allows fewer credits', () => {
    const rated = rate(catalog, { operation: 'draw' });
    const reserved = rated.ok ? rated.rating : undefined!;
    const later = sample(['Job: 1000', 'Job: 1']);
    expect(rateActual(later, reserved, { files: [] })).toEqual({ ok: true, rating: reserved });
    expect(rateActual(later, reserved, { pages: 9 })).toEqual({ ok: true, rating: reserved });
  });

  test('pages do not change the units of a job that is priced per file, files do', () => {
    const rated = rate(catalog, { operation: 'read', usage: { files: [{ type: 'sheet' }] } });
    const reserved = rated.ok ? rated.rating : undefined!;
    expect(rateActual(catalog, reserved, { pages: 9 })).toMatchObject({
      problems: [{ field: 'usage.files', rule: 'required' }],
    });
    expect(rateActual(catalog, reserved, { pages: 4, files: [{ type: 'sheet' }, { type: 'sheet' }] })).toMatchObject({
      rating: { units: 2, credits: 10 },
    });
  });
});

describe('names that are near', () => {
  test.each([
    ['scann', 'scan'],
    ['SCAN', 'scan'],
    ['sc', 'scan'],
    ['s', undefined],
    ['nacs', undefined],
    ['acsn', 'scan'],
    ['documents', 'document'],
    ['dokumentx', 'document'],
    ['x'.repeat(64), undefined],
    [7, undefined],
  ])('%j means %j', (given, meant) => {
    expect(nearest(given, ['draw', 'scan', 'document'])).toBe(meant);
  });

  test('a text that is too long is not compared', () => {
    const long = 'x'.repeat(65);
    expect([nearest(long, [long]), nearest(long.slice(1), [long])]).toEqual([undefined, long]);
    expect(nearest('scan', [])).toBeUndefined();
  });
});

describe('money of overage', () => {
  const table: TierTable = {
    currency: 'USD',
    digits: 2,
    tiers: [{ upTo: 10, unitPrice: 30_000 }, { unitPrice: 20_000 }],
  };

  test.each([-1, 0.5, NaN, Infinity, 2 ** 53])('%d credits are refused as they are', (credits) => {
    const error = `credits must be a whole number ≥ 0, not ${credits}`;
    expect(() => overageSlices(table, credits)).toThrow(error);
    expect(() => priceOverage(table, credits)).toThrow(error);
    expect(() => priceAt(1, credits, 2)).toThrow(error);
  });

  test.each([
    [0, []],
    [10, [{ credits: 10, unitPrice: 30_000 }]],
    [
      11,
      [
        { credits: 10, unitPrice: 30_000 },
        { credits: 1, unitPrice: 20_000 },
      ],
    ],
  ])('%i credits by tiers', (credits, slices) => {
    expect(overageSlices(table, credits)).toEqual(slices);
  });

  test('an amount beyond exact integers is no amount', () => {
    expect(() => priceAt(2 ** 40, 2 ** 40, 2)).toThrow(/amount beyond exact integers/);
  });

  test.each<[string, string, number, number | undefined]>([
    ['large', 'USD', 2, 299_000],
    ['small', 'JPY', 0, 15_000_000],
    ['small', 'EUR', 2, undefined],
    ['free', 'USD', 2, undefined],
  ])('a credit of %s in %s', (id, currency, digits, price) => {
    const plan = catalog.plans.find((each) => each.id === id)!;
    expect(approximateUnitPrice(plan, currency, digits)).toBe(price);
  });
});

describe('the maximum of pages per job', () => {
  const field = (usage: object) => tooManyPages({ maxPagesPerJob: 10 }, usage as JobSpec['usage'])?.field;
  const files = (...pages: unknown[]) => ({ files: pages.map((count) => ({ type: 'pdf', pages: count })) });

  test.each<[string, object, string | undefined]>([
    ['in total: as many as allowed', { pages: 10 }, undefined],
    ['in total: one more', { pages: 11 }, 'usage.pages'],
    ['in one file: as many as allowed', files(10), undefined],
    ['in one file: one more', files(1, 11), 'usage.files[1].pages'],
    ['in all files: as many as allowed', files(4, 6), undefined],
    ['in all files: one more', files(4, 7), 'usage.files'],
    ['values of other types count as 0', files('11', null, 10), undefined],
  ])('%s', (_, usage, found) => expect(field(usage)).toBe(found));
});
