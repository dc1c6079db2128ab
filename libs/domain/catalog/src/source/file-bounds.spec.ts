import { problemsOf, replaced, SAMPLE } from '../../support/sample';

const problemsWith = (from: string, to: string) => problemsOf(replaced(SAMPLE, from, to));

// The last value on each side of a rule: `catalog check` accepts the first ones and refuses the second ones.

describe('numbers of the catalog file', () => {
  const MAX = 1_000_000_000;
  test.each<[what: string, from: string, to: (value: unknown) => string, allowed: unknown[], refused: unknown[]]>([
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
    ['digits of a currency', 'excluded', (n) => `excluded, digits: ${n}`, [2], [-1, 0, 1, 3, 4, 5]],
    ['months of a plan', 'credits: 0,', (n) => `credits: 0, period: { months: ${n} },`, [1], [0, 2, 12]],
    ['days of a plan', 'credits: 0,', (n) => `credits: 0, period: { days: ${n} },`, [1, 1096], [0, 1097]],
    ['days of a plan that is sold', 'days: 7', (n) => `days: ${n}`, [4, 1096], [3, 1097]],
    ['days of a term', '{ days: 7 }', (n) => `{ days: 7 }, term: { days: ${n}, from: payment }`, [1, 1096], [0, 1097]],
    ['hours of grace', 'dunning:', (n) => `renewalGraceHours: ${n}\ndunning:`, [0, 96], [-1, 97]],
    [
      'a limit of a plan',
      'storage: 1, requests: 10, seats: 1 } }\n  - { id: small',
      (n) => `storage: ${n}, requests: 10, seats: 1 } }\n  - { id: small`,
      [0, 1],
      [-1, 0.5, '"2"'],
    ],
    ['bytes of a unit', 'bytesPerUnit: 1024', (n) => `bytesPerUnit: ${n}`, [1, Number.MAX_SAFE_INTEGER], [0, 2 ** 53]],
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
    ['the first retry', '[1, 3]', (n) => `[${n}, 6]`, [1, 5], [0, 6]],
    ['the last retry', '[1, 3]', (n) => `[1, ${n}]`, [2, 6], [1, 7]],
    ['money back', 'dunning:', (n) => `moneyBackDays: ${n}\ndunning:`, [0, 365], [-1, 366]],
    ['retention', 'budgetCap', (n) => `retentionDays: ${n}, budgetCap`, [0, 3650], [-1, 3651]],
    ['a budget cap', 'budgetCap: 1000', (n) => `budgetCap: ${n}`, [0, MAX], [-1, MAX + 1]],
    ['an alert threshold', '[10, 5]', (n) => `[${n}]`, [0, MAX], [-1, MAX + 1]],
    ['credits of a more expensive plan', 'Large, credits: 100', (n) => `Large, credits: ${n}`, [100], [99]],
    ['a limit of a more expensive plan', 'seats: 2', (n) => `seats: ${n}`, [1], [0]],
    ['the price of a top-up', '"12.00"', (n) => `"${n}"`, ['0.01', '999999999.99'], ['0.00', '1000000000']],
  ])('%s', (_, from, to, allowed, refused) => {
    expect(allowed.flatMap((value) => problemsWith(from, to(value)))).toEqual([]);
    expect(refused.filter((value) => problemsWith(from, to(value)).length === 0)).toEqual([]);
  });

  test.each<[what: string, from: string, to: (value: string) => string, allowed: string[], refused: string[]]>([
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
      'JPY: { tax: included, digits: 0',
      (code) => `JPY: { tax: included }\n  ${code}: { tax: excluded }\n  CLF: { tax: included, digits: 4`,
      ['EUR'],
      ['EU', 'EURO', 'eUR', 'XXZ', 'MGA'],
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
    [
      'a rate of tax',
      'dunning:',
      (rate) => `tax: { seller: DE, rates: { DE: "${rate}" } }\ndunning:`,
      ['0', '5.5', '19', '99.9999'],
      ['100', '-1', '1.00001', '19%', '.5', '1e1', ''],
    ],
    [
      'a country',
      'dunning:',
      (country) => `tax: { seller: ${country}, rates: { ${country}: "19" } }\ndunning:`,
      ['DE', 'GB', 'GR', 'XK'],
      ['UK', 'EL', 'EU', 'UN', 'ZZ', 'XX', 'AN', 'de', 'DEU'],
    ],
    [
      'a minimum charge',
      'dunning:',
      (amount) => `minimumCharge: { USD: "${amount}" }\ndunning:`,
      ['0', '0.50', '999999999.99'],
      ['-0.50', '0.505', '1000000000'],
    ],
    [
      'a prefix of invoices',
      'dunning:',
      (prefix) => `invoicePrefix: ${prefix}\ndunning:`,
      ['A', 'A2', 'TESTS', 'A'.repeat(12)],
      ['2A', 'a', 'A-B', 'TEST', 'A'.repeat(13)],
    ],
    [
      'the start of a term',
      '{ days: 7 }',
      (from) => `{ days: 7 }, term: { days: 7, from: ${from} }`,
      ['payment'],
      ['purchase', 'period'],
    ],
    ['payAsYouGo', 'overage:', (flag) => `overage:\n  payAsYouGo: ${flag}`, ['true', 'false'], ['yes', '0']],
    ['blocksJobs', 'blocksJobs: true', (flag) => `blocksJobs: ${flag}`, ['true', 'false'], ['"true"', '1']],
  ])('%s', (_, from, to, allowed, refused) => {
    expect(allowed.flatMap((value) => problemsWith(from, to(value)))).toEqual([]);
    expect(refused.filter((value) => problemsWith(from, to(value)).length === 0)).toEqual([]);
  });
});

describe('plans that are compared', () => {
  test.each<[string, [string, string], string[]]>([
    [
      'the same price: neither is more expensive',
      ['credits: 100, prices: { USD: "29.9" }', 'credits: 99, prices: { USD: "9.99" }'],
      [],
    ],
    [
      'other currencies: neither is more expensive',
      ['credits: 100, prices: { USD: "29.9" }', 'credits: 99, prices: { KWD: "29.9" }'],
      [],
    ],
    ['another length of the period: neither is more expensive', ['days: 7', 'days: 8'], []],
    [
      'the same length of the period',
      ['period: { days: 7 }', 'period: { months: 1 }'],
      ['plans[3].credits', 'plans[3].limits.storage', 'plans[3].limits.requests', 'plans[3].limits.seats'],
    ],
    ['two cheaper plans: said once', ['Large, credits: 100', 'Large, credits: 0'], ['plans[2].credits']],
    ['a free plan is cheaper than any', ['credits: 5, period', 'credits: 0, period'], []],
  ])('%s', (_, [from, to], paths) => {
    const found = problemsWith(from, to).map((line) => /\d (\S+):/.exec(line)?.[1]);
    expect(found.sort()).toEqual([...paths].sort());
  });

  test('a free plan below the default one is no downgrade', () => {
    expect(
      problemsWith(
        '  - { id: small',
        '  - { id: tiny, credits: 0, limits: { storage: 0, requests: 0, seats: 0 } }\n  - { id: small',
      ),
    ).toEqual([]);
  });
});
