import {
  approximateUnitPrice,
  catalogView,
  describeProblems,
  overageSlices,
  parseCatalog,
  priceAt,
  priceOverage,
  rate,
  rateActual,
} from './index';
import type { Catalog, JobSpec, TierTable } from './index';
import { nearest } from './suggest';

// The last value on each side of a rule. `catalog check` accepts the first of each pair and refuses the second.

const TEXT = `id: sample
version: "1"
effectiveAt: 2026-01-01
links: { billingUrl: https://billing.example/ }
burnDownOrder: [trial, package, top-up, promotional, pay-as-you-go]
maxCreditsPerJob: 1000
operations:
  - { id: scan, unit: page, credits: 3, maxFiles: 3 }
  - { id: read, unit: file, credits: 5 }
  - { id: draw, unit: request, credits: 2, name: Drawing }
surcharges:
  - { id: extras, credits: 1, features: [${Array.from({ length: 60 }, (_, i) => `f${i}`).join(', ')}], operations: [scan] }
  - { id: express, credits: 10, features: [express], operations: [scan, draw] }
fileTypes:
  - { id: pdf, pages: given, aliases: [application/pdf] }
  - { id: sheet, pages: 2 }
trials:
  - { on: first-use, operation: scan, credits: 10 }
  - { on: first-card, credits: 20 }
currencies:
  USD: { tax: excluded }
  JPY: { tax: included, digits: 0 }
  KWD: { tax: included, digits: 3 }
limits:
  storage: { scope: organization, kind: gauge, unit: GB, bytesPerUnit: 1024 }
  requests: { scope: organization, kind: counter, per: period, counts: reservations }
  seats: { scope: project, kind: gauge, blocksJobs: true }
plans:
  - { id: free, credits: 0, limits: { storage: 1, requests: 10, seats: 1 } }
  - { id: small, credits: 100, prices: { USD: "9.99", JPY: "1500" }, limits: { storage: 2, requests: 20, seats: 1 } }
  - { id: large, name: Large, credits: 100, prices: { USD: "29.9" }, limits: { storage: unlimited, requests: 20, seats: 2 } }
  - { id: weekly, credits: 5, period: { days: 7 }, prices: { USD: "99" }, limits: { storage: 1, requests: 10, seats: 1 } }
defaultPlan: free
topUps:
  - { id: pack, credits: 100, prices: { USD: "12.00", KWD: "1.005" } }
overage:
  limitPerPeriod: { start: 100, raisePercent: 20, max: 1000 }
  tiers:
    USD: [{ upTo: 100, price: "0.0330" }, { upTo: 200, price: "0.03" }, { price: "0.025" }]
dunning: { retryAfterDays: [1, 3] }
defaults: { alertThresholds: [10, 5], currency: USD, budgetCap: 1000 }
`;

function refusals(from: string, to: string): readonly string[] {
  if (!TEXT.includes(from)) throw new Error(`The sample lacks ${from}.`);
  const parsed = parseCatalog(TEXT.replace(from, to));
  return parsed.ok ? [] : describeProblems(parsed.problems).split('\n');
}

function sample(...changes: [from: string, to: string][]): Catalog {
  const parsed = parseCatalog(changes.reduce((text, [from, to]) => text.replace(from, to), TEXT));
  if (!parsed.ok) throw new Error(describeProblems(parsed.problems));
  return parsed.catalog;
}
const catalog = sample();

describe('numbers of the catalog file', () => {
  const MAX = 1_000_000_000;
  test.each<
    [what: string, from: string, to: (value: unknown) => string, allowed: unknown[], refused: unknown[]]
  >([
    ['credits of an operation', 'credits: 3', (n) => `credits: ${n}`, [0, 1_000_000], [-1, 1_000_001]],
    ['files of an operation', 'maxFiles: 3', (n) => `maxFiles: ${n}`, [1, 1000], [0, 1001]],
    ['its time-out', 'maxFiles: 3', (n) => `reservationTimeoutSeconds: ${n}`, [1, 3_024_000], [0, 3_024_001]],
    [
      'the general time-out',
      'maxCreditsPerJob: 1000',
      (n) => `reservationTimeoutSeconds: ${n}`,
      [1, 3_024_000],
      [0, 3_024_001],
    ],
    ['credits of a job', 'Job: 1000', (n) => `Job: ${n}`, [1, MAX], [0, MAX + 1]],
    ['credits of a surcharge', 'credits: 1,', (n) => `credits: ${n},`, [0, 1_000_000], [-1, 1_000_001]],
    ['pages of a file type', 'pages: 2', (n) => `pages: ${n}`, [1, 1000], [0, 1001]],
    ['credits of a trial', 'credits: 20', (n) => `credits: ${n}`, [1, MAX], [0, MAX + 1]],
    ['credits of a first use', 'scan, credits: 10 }', (n) => `scan, credits: ${n} }`, [1, MAX], [0, MAX + 1]],
    ['digits of a currency', 'excluded', (n) => `excluded, digits: ${n}`, [2, 4], [-1, 5]],
    ['months of a plan', 'period: { days: 7 }', (n) => `period: { months: ${n} }`, [2, 36], [0, 37]],
    ['days of a plan', 'days: 7', (n) => `days: ${n}`, [1, 1096], [0, 1097]],
    [
      'a limit of a plan',
      'storage: 1, requests: 10, seats: 1 } }\n  - { id: small',
      (n) => `storage: ${n}, requests: 10, seats: 1 } }\n  - { id: small`,
      [0, 1],
      [-1, 0.5, '"2"'],
    ],
    [
      'bytes of a unit',
      'bytesPerUnit: 1024',
      (n) => `bytesPerUnit: ${n}`,
      [1, Number.MAX_SAFE_INTEGER],
      [0, 2 ** 53],
    ],
    ['credits of a top-up', 'pack, credits: 100', (n) => `pack, credits: ${n}`, [1, MAX], [0, MAX + 1]],
    ['the start of the overage limit', 'start: 100', (n) => `start: ${n}`, [1, 1000], [0, 1001]],
    ['its raise', 'raisePercent: 20', (n) => `raisePercent: ${n}`, [0, 1000], [-1, 1001]],
    ['its maximum', 'max: 1000', (n) => `max: ${n}`, [100, MAX], [99, MAX + 1]],
    ['the end of the first tier', 'upTo: 100', (n) => `upTo: ${n}`, [1, 199], [0, 200]],
    [
      'the end of the second tier',
      'upTo: 200',
      (n) => `upTo: ${n}`,
      [101, 1_000_000_000_000],
      [100, 1_000_000_000_001],
    ],
    ['the first retry', '[1, 3]', (n) => `[${n}, 90]`, [1, 89], [0, 90]],
    ['the last retry', '[1, 3]', (n) => `[1, ${n}]`, [2, 90], [1, 91]],
    ['money back', 'dunning:', (n) => `moneyBackDays: ${n}\ndunning:`, [0, 365], [-1, 366]],
    ['retention', 'budgetCap', (n) => `retentionDays: ${n}, budgetCap`, [0, 3650], [-1, 3651]],
    ['a budget cap', 'budgetCap: 1000', (n) => `budgetCap: ${n}`, [0, MAX], [-1, MAX + 1]],
    ['an alert threshold', '[10, 5]', (n) => `[${n}]`, [0, MAX], [-1, MAX + 1]],
    ['credits of a dearer plan', 'Large, credits: 100', (n) => `Large, credits: ${n}`, [100], [99]],
    ['a limit of a dearer plan', 'seats: 2', (n) => `seats: ${n}`, [1], [0]],
    ['the price of a top-up', '"12.00"', (n) => `"${n}"`, ['0.01', '999999999.99'], ['0.00', '1000000000']],
  ])('%s', (_, from, to, allowed, refused) => {
    expect(allowed.flatMap((value) => refusals(from, to(value)))).toEqual([]);
    expect(refused.filter((value) => refusals(from, to(value)).length === 0)).toEqual([]);
  });

  test.each<
    [what: string, from: string, to: (value: string) => string, allowed: string[], refused: string[]]
  >([
    [
      'an id',
      'id: pack',
      (id) => `id: ${id}`,
      ['x', 'A.b_c-9', 'x'.repeat(64)],
      ['x'.repeat(65), '-x', 'x@1', '"x y"', '"x\\n"', '"  "'],
    ],
    [
      'a file type',
      'id: sheet',
      (id) => `id: ${id}`,
      ['x', 'a/b+c.d-e', 'x'.repeat(100)],
      ['x'.repeat(101), '/x', 'X', '"x y"'],
    ],
    [
      'a currency',
      'JPY: { tax',
      (code) => `JPY: { tax: included, digits: 0 }\n  ${code}: { tax`,
      ['EUR'],
      ['EU', 'EURO', 'eUR'],
    ],
    [
      'an address',
      'https://billing.example/',
      (url) => `'${url}'`,
      ['http://a', 'https://a/b?c#d', 'https://a?b', 'https://a#b'],
      ['ftp://a', 'https://', 'https://?a', 'https://a b', ' https://a', 'https://a/ b'],
    ],
    [
      'an e-mail address',
      'billing.example/ }',
      (mail) => `billing.example/, salesEmail: '${mail}' }`,
      ['a@b.c'],
      ['a@b', '@b.c', 'a@@b.c', 'a b@c.d', 'a@b.'],
    ],
    [
      'a time',
      '2026-01-01',
      (time) => time,
      ['2024-02-29', '2026-01-01T10:00:00Z', '2026-01-01T10:00:00.5Z'],
      [
        '2026-02-29',
        '2026-13-01',
        '2026-1-01',
        '2026-01-01T24:01:00Z',
        '2026-01-01T10:00Z',
        '"2026-01-01 "',
        'x2026-01-01',
      ],
    ],
    [
      'a price of three decimals',
      '"1.005"',
      (price) => `"${price}"`,
      ['1', '1.5', '1.005'],
      ['1.0005', '1.', '.5', '-1', '1,5', ' 1'],
    ],
    ['payAsYouGo', 'overage:', (flag) => `overage:\n  payAsYouGo: ${flag}`, ['true', 'false'], ['yes', '0']],
    ['blocksJobs', 'blocksJobs: true', (flag) => `blocksJobs: ${flag}`, ['true', 'false'], ['"true"', '1']],
  ])('%s', (_, from, to, allowed, refused) => {
    expect(allowed.flatMap((value) => refusals(from, to(value)))).toEqual([]);
    expect(refused.filter((value) => refusals(from, to(value)).length === 0)).toEqual([]);
  });
});

describe('plans that are compared', () => {
  test.each<[string, [string, string], string[]]>([
    [
      'the same price: neither is dearer',
      ['credits: 100, prices: { USD: "29.9" }', 'credits: 99, prices: { USD: "9.99" }'],
      [],
    ],
    [
      'other currencies: neither is dearer',
      ['credits: 100, prices: { USD: "29.9" }', 'credits: 99, prices: { KWD: "29.9" }'],
      [],
    ],
    ['another length of the period: neither is dearer', ['days: 7', 'months: 2'], []],
    [
      'the same length of the period',
      ['period: { days: 7 }', 'period: { months: 1 }'],
      ['plans[3].credits', 'plans[3].limits.storage', 'plans[3].limits.requests', 'plans[3].limits.seats'],
    ],
    ['two cheaper plans: said once', ['Large, credits: 100', 'Large, credits: 0'], ['plans[2].credits']],
    ['a free plan is cheaper than any', ['credits: 5, period', 'credits: 0, period'], []],
  ])('%s', (_, [from, to], paths) => {
    const found = refusals(from, to).map((line) => /\d (\S+):/.exec(line)?.[1]);
    expect(found.sort()).toEqual([...paths].sort());
  });

  test('a free plan below the default one is no downgrade', () => {
    expect(
      refusals(
        '  - { id: small',
        '  - { id: tiny, credits: 0, limits: { storage: 0, requests: 0, seats: 0 } }\n  - { id: small',
      ),
    ).toEqual([]);
  });
});

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
    [
      'too many files are not looked at one by one',
      scan({ files: [null, null, null, null] }),
      ['usage.files max'],
    ],
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
    [
      'a file without pages where files are priced',
      { operation: 'read', usage: { files: [{ type: 'pdf' }] } },
      [],
    ],
    [
      'pages beside files where files are priced',
      { operation: 'read', usage: { pages: 9, files: sheets(1) } },
      [],
    ],
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

  test('a request that is too dear names the operation', () => {
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
    expect(messages(scan({ pages: 5, files: sheets(1) }))[0]).toContain(
      'usage.pages says 5, the files count 2',
    );
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

  test('pages do not count a job anew that is priced per file, files do', () => {
    const rated = rate(catalog, { operation: 'read', usage: { files: [{ type: 'sheet' }] } });
    const reserved = rated.ok ? rated.rating : undefined!;
    expect(rateActual(catalog, reserved, { pages: 9 })).toMatchObject({ rating: { units: 1, credits: 5 } });
    expect(
      rateActual(catalog, reserved, { pages: 4, files: [{ type: 'sheet' }, { type: 'sheet' }] }),
    ).toMatchObject({ rating: { units: 2, credits: 10 } });
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

describe('the view of a catalog', () => {
  const view = JSON.parse(JSON.stringify(catalogView(catalog)));

  test('has each operation with what it takes', () => {
    const extras = { id: 'extras', credits: 1, features: expect.any(Array) };
    const express = { id: 'express', credits: 10, features: ['express'] };
    const common = { reservationTimeoutSeconds: 3600 };
    expect(view.operations).toEqual([
      {
        id: 'scan',
        name: 'scan',
        unit: 'page',
        credits: 3,
        maxFiles: 3,
        features: expect.arrayContaining(['f0', 'f59', 'express']),
        surcharges: [extras, express],
        ...common,
      },
      { id: 'read', name: 'read', unit: 'file', credits: 5, maxFiles: 1000, ...common },
      {
        id: 'draw',
        name: 'Drawing',
        unit: 'request',
        credits: 2,
        features: ['express'],
        surcharges: [express],
        ...common,
      },
    ]);
  });

  test('has plans without what is unlimited, prices by currency, and unit prices as text', () => {
    const usd = (amount: number) => ({ currency: 'USD', amount, taxIncluded: false });
    expect(view.plans.slice(1, 3)).toEqual([
      {
        id: 'small',
        name: 'small',
        credits: 100,
        period: { unit: 'month', length: 1 },
        prices: [usd(999), { currency: 'JPY', amount: 1500, taxIncluded: true }],
        limits: { storage: 2, requests: 20, seats: 1 },
      },
      {
        id: 'large',
        name: 'Large',
        credits: 100,
        period: { unit: 'month', length: 1 },
        prices: [usd(2990)],
        limits: { requests: 20, seats: 2 },
      },
    ]);
    expect(view.plans[3].period).toEqual({ unit: 'day', length: 7 });
    expect(view.topUps).toEqual([
      {
        id: 'pack',
        name: 'pack',
        credits: 100,
        prices: [usd(1200), { currency: 'KWD', amount: 1005, taxIncluded: true }],
      },
    ]);
    expect(view.overage).toEqual({
      payAsYouGo: true,
      autoOverage: true,
      limitPerPeriod: { start: 100, raisePercent: 20, max: 1000 },
      tiers: [
        {
          currency: 'USD',
          tiers: [
            { upTo: 100, unitPrice: '0.0330' },
            { upTo: 200, unitPrice: '0.0300' },
            { unitPrice: '0.0250' },
          ],
        },
      ],
    });
  });

  test('has everything else as it was read', () => {
    const { operations: _operations, plans: _plans, topUps: _topUps, overage: _overage, ...rest } = view;
    expect(rest).toEqual({
      id: 'sample',
      version: '1',
      reference: 'sample@1',
      effectiveAt: '2026-01-01T00:00:00.000Z',
      fileTypes: [
        { id: 'pdf', pages: 'given', aliases: ['application/pdf'] },
        { id: 'sheet', pages: 2, aliases: [] },
      ],
      maxCreditsPerJob: 1000,
      reservationTimeoutSeconds: 3600,
      burnDownOrder: ['trial', 'package', 'top-up', 'promotional', 'pay-as-you-go'],
      trials: [
        { on: 'first-use', operation: 'scan', credits: 10, expiresOnPlan: true },
        { on: 'first-card', credits: 20, expiresOnPlan: false },
      ],
      currencies: [
        { code: 'USD', digits: 2, taxIncluded: false },
        { code: 'JPY', digits: 0, taxIncluded: true },
        { code: 'KWD', digits: 3, taxIncluded: true },
      ],
      defaultPlan: 'free',
      limits: [
        { id: 'storage', scope: 'organization', kind: 'gauge', unit: 'GB', bytesPerUnit: 1024 },
        { id: 'requests', scope: 'organization', kind: 'counter', per: 'period', counts: 'reservations' },
        { id: 'seats', scope: 'project', kind: 'gauge', blocksJobs: true },
      ],
      moneyBackDays: 14,
      dunning: { retryAfterDays: [1, 3] },
      links: { billingUrl: 'https://billing.example/' },
      defaults: { retentionDays: 7, alertThresholds: [10, 5], currency: 'USD', budgetCap: 1000 },
    });
  });

  test('leaves out what the catalog does not have, and has unit prices of one credit and more', () => {
    const bare = catalogView(
      sample(
        ['defaultPlan: free\n', 'defaultOperation: scan\n'],
        [TEXT.slice(TEXT.indexOf('limits:'), TEXT.indexOf('defaultPlan')), ''],
        [TEXT.slice(TEXT.indexOf('overage:'), TEXT.indexOf('dunning')), ''],
      ),
    );
    expect(Object.keys(bare)).not.toEqual(expect.arrayContaining(['overage']));
    expect(Object.keys(bare)).not.toEqual(expect.arrayContaining(['defaultPlan']));
    expect(bare).toMatchObject({ defaultOperation: 'scan', plans: [], limits: [] });
    const prices = catalogView(
      sample(['"0.0330"', '"12.5"'], ['"0.03"', '"1"'], ['"0.025"', '"0.000001"']),
    ).overage;
    expect(prices!.tiers[0]!.tiers.map(({ unitPrice }) => unitPrice)).toEqual([
      '12.5000',
      '1.0000',
      '0.000001',
    ]);
  });
});
