import { parseCatalog } from '..';
import { problemsOf, replaced } from '../../support/sample';

const TEXT = `id: sample
version: "1"
effectiveAt: 2026-01-01
links: { billingUrl: https://billing.example/, supportEmail: help@billing.example }
burnDownOrder: [trial, package, top-up, promotional, pay-as-you-go]
operations:
  - { id: scan, unit: page, credits: 3 }
  - { id: read, unit: file, credits: 5, maxFiles: 2 }
surcharges:
  - { id: extras, credits: 1, features: [tables], operations: [scan] }
  - { id: express, credits: 9, features: [express] }
fileTypes:
  - { id: pdf, pages: given, aliases: [application/pdf] }
  - { id: png, pages: 1 }
trials:
  - { on: first-use, operation: scan, credits: 10 }
  - { on: first-card, credits: 20 }
currencies:
  USD: { tax: excluded }
  JPY: { tax: included, digits: 0 }
limits:
  storage: { scope: organization, kind: gauge, unit: GB }
  requests: { scope: organization, kind: counter, per: period, counts: reservations }
plans:
  - { id: free, credits: 0, limits: { storage: 1, requests: 10 } }
  - { id: small, credits: 100, prices: { USD: "9.99", JPY: "1500" }, limits: { storage: 2, requests: 20 } }
  - { id: large, credits: 500, prices: { USD: "29.9" }, limits: { storage: unlimited, requests: 20 } }
  - { id: season, credits: 50, period: { days: 90 }, prices: { USD: "99" }, limits: { storage: 2, requests: 20 } }
defaultPlan: free
topUps:
  - { id: pack, credits: 100, prices: { USD: "12.00" } }
overage:
  limitPerPeriod: { start: 100, raisePercent: 20, max: 1000 }
  tiers:
    USD: [{ upTo: 100, price: "0.0330" }, { upTo: 200, price: "0.03" }, { price: "0.025" }]
dunning: { retryAfterDays: [1, 3] }
defaults: { alertThresholds: [10, 5], currency: USD, budgetCap: 1000 }
`;

const problemsIn = (text: string) => problemsOf(text, 'x.yaml');
const changed = (from: string, to: string) => replaced(TEXT, from, to);

test('the sample is a catalog', () => {
  expect(problemsIn(TEXT)).toEqual([]);
});

describe('what the catalog check refuses, and where', () => {
  test.each<[string, string, string, string]>([
    [
      'an unknown key',
      'maxFiles: 2',
      'maxFile: 2',
      'x.yaml:8:41 operations[1].maxFile: is not known here; did you mean "maxFiles"?',
    ],
    ['an unknown section', 'topUps:', 'packs:', 'x.yaml:30:1 packs: is not known here'],
    [
      'a key that every object has',
      'version:',
      'constructor: 1\nversion:',
      'x.yaml:2:1 constructor: is not known here',
    ],
    ['a missing key', 'unit: page, ', '', 'x.yaml:7:5 operations[0].unit: is missing'],
    ['an empty key', 'version: "1"', 'version:', 'x.yaml:2:1 version: is empty: give a value, or leave the key out'],
    ['a missing section', 'id: sample\n', '', 'x.yaml:1:1 id: is missing'],
    [
      'a mapping in place of a list',
      '\n  - { id: pack, credits: 100',
      ' { id: pack, credits: 100',
      'x.yaml:30:1 topUps: must be a list',
    ],
    ['an unquoted number as version', '"1"', '1', 'x.yaml:2:1 version: must be text: put it in quotes'],
    ['a version that cannot be referred to', '"1"', '"1@2"', 'version: must be letters, digits'],
    ['a day that does not exist', '2026-01-01', '2026-02-30', 'effectiveAt: must be a UTC date or time'],
    ['a time without zone', '2026-01-01', '2026-01-01T10:00:00', 'effectiveAt: must be a UTC date or time'],
    [
      'a link that is no address',
      'https://billing.example/,',
      'billing.example,',
      'x.yaml:4:10 links.billingUrl: must be a web address that starts with https://',
    ],
    ['an e-mail address that is none', 'help@billing.example', 'help', 'links.supportEmail: must be an e-mail address'],
    [
      'a burn-down order that misses a kind',
      'promotional, ',
      '',
      'x.yaml:5:1 burnDownOrder: must name every kind of grant once: promotional is missing',
    ],
    [
      'a burn-down order that repeats a kind',
      '[trial,',
      '[trial, trial,',
      'x.yaml:5:24 burnDownOrder[1]: repeats trial, which is number 1 of the list',
    ],
    [
      'a burn-down order with an unknown kind',
      '[trial,',
      '[trail,',
      'burnDownOrder[0]: must be trial or package or top-up or promotional or pay-as-you-go; did you mean "trial"?',
    ],
    [
      'a burn-down order that never reaches a kind',
      'promotional, pay-as-you-go',
      'pay-as-you-go, promotional',
      'burnDownOrder: must end with pay-as-you-go',
    ],
    [
      'an operation twice',
      'id: read',
      'id: scan',
      'x.yaml:8:7 operations[1].id: repeats scan, which is number 1 of the list',
    ],
    ['a plan twice', 'id: large', 'id: small', 'plans[2].id: repeats small'],
    [
      'fractional credits',
      'credits: 3 }',
      'credits: 1.5 }',
      'x.yaml:7:29 operations[0].credits: must be a whole number ≥ 0',
    ],
    ['negative credits', 'credits: 3 }', 'credits: -1 }', 'operations[0].credits: must be a whole number ≥ 0'],
    ['credits as text', 'credits: 3 }', 'credits: "3" }', 'operations[0].credits: must be a whole number ≥ 0'],
    ['huge credits', 'credits: 3 }', 'credits: 1e300 }', 'operations[0].credits: must be a whole number ≤ 1000000'],
    [
      'an unknown unit',
      'unit: page',
      'unit: pages',
      'operations[0].unit: must be page or file or request; did you mean "page"?',
    ],
    [
      'no operations',
      '\n  - { id: scan, unit: page, credits: 3 }\n  - { id: read, unit: file, credits: 5, maxFiles: 2 }',
      ' []',
      'operations: must have at least 1 in its list',
    ],
    [
      'a surcharge on an unknown operation',
      'operations: [scan]',
      'operations: [scam]',
      'surcharges[0].operations[0]: is no operation of this catalog; did you mean "scan"? (known: scan, read)',
    ],
    [
      'a feature charged twice',
      'features: [express]',
      'features: [express, tables]',
      'x.yaml:11:52 surcharges[1].features[1]: is charged on scan by extras already',
    ],
    [
      'a feature twice in one surcharge',
      'features: [express]',
      'features: [express, express]',
      'surcharges[1].features[1]: is charged on scan by express already',
    ],
    [
      'an alias of two types',
      'id: png, pages: 1',
      'id: png, pages: 1, aliases: [pdf]',
      'x.yaml:14:36 fileTypes[1].aliases[0]: already stands for the file type pdf',
    ],
    ['a type in capitals', 'id: png', 'id: PNG', 'fileTypes[1].id: must be an extension or a media type in lower case'],
    ['a file of no pages', 'pages: 1', 'pages: 0', 'fileTypes[1].pages: must be a whole number ≥ 1'],
    [
      'an unknown page rule',
      'pages: given',
      'pages: counted',
      'fileTypes[0].pages: must be given, or a whole number of pages ≥ 1',
    ],
    [
      'a trial of an unknown operation',
      'operation: scan,',
      'operation: scam,',
      'x.yaml:16:22 trials[0].operation: is no operation of this catalog; did you mean "scan"?',
    ],
    [
      'a trial at an unknown occasion',
      'on: first-card',
      'on: first-day',
      'trials[1].on: must be first-use or first-card',
    ],
    ['a trial of nothing', 'credits: 20', 'credits: 0', 'trials[1].credits: must be a whole number ≥ 1'],
    [
      'a second trial of an operation',
      '- { on: first-card,',
      '- { on: first-use, operation: scan,',
      'trials[1]: repeats scan',
    ],
    [
      'a currency in small letters',
      '  USD: { tax',
      '  usd: { tax',
      'currencies.usd: must be a currency code of three capitals',
    ],
    ['an unknown tax', 'tax: excluded', 'tax: net', 'currencies.USD.tax: must be included or excluded'],
    [
      'a price in an unknown currency',
      'USD: "29.9"',
      'EUR: "29.9"',
      'plans[2].prices.EUR: is no currency of this catalog',
    ],
    [
      'an unquoted price',
      'USD: "29.9"',
      'USD: 29.9',
      'x.yaml:27:42 plans[2].prices.USD: must be a quoted amount such as "29.99", with at most 2 decimals',
    ],
    ['a price in tenths of a cent', '"29.9"', '"29.999"', 'plans[2].prices.USD: must be a quoted amount'],
    [
      'a fraction of a currency without minor unit',
      '"1500"',
      '"1500.5"',
      'plans[1].prices.JPY: must be a quoted amount such as "30", with at most 0 decimals',
    ],
    ['a price of zero', '"12.00"', '"0.00"', 'topUps[0].prices.USD: must be above zero'],
    ['a negative price', '"12.00"', '"-12.00"', 'topUps[0].prices.USD: must not be negative'],
    ['a period of both', 'days: 90', 'days: 90, months: 1', 'plans[3].period: must be either months or days'],
    [
      'a more expensive plan with a lower limit',
      'storage: unlimited, requests: 20',
      'storage: unlimited, requests: 19',
      'x.yaml:27:87 plans[2].limits.requests: must not be below 20, which the cheaper plan small has',
    ],
    [
      'a more expensive plan with fewer credits',
      'credits: 500',
      'credits: 99',
      'plans[2].credits: must not be below 100, which the cheaper plan small has',
    ],
    [
      'a plan below the free one',
      'storage: 2, requests: 20 } }\n  - { id: large',
      'storage: 0, requests: 20 } }\n  - { id: large',
      'plans[1].limits.storage: must not be below 1, which the cheaper plan free has',
    ],
    [
      'a bounded plan above an unlimited one',
      'storage: 1,',
      'storage: unlimited,',
      'plans[1].limits.storage: must not be below unlimited',
    ],
    [
      'an unknown limit',
      'storage: 1,',
      'storage: 1, storrage: 2,',
      'plans[0].limits.storrage: is no limit of this catalog; did you mean "storage"?',
    ],
    [
      'a limit left out',
      'storage: 1, requests: 10',
      'storage: 1',
      'plans[0].limits: must say requests: a number, or unlimited',
    ],
    [
      'a limit that is no number',
      'storage: 1,',
      'storage: many,',
      'plans[0].limits.storage: must be a whole number ≥ 0 or unlimited',
    ],
    ['credits as a limit', '  storage: { scope', '  maxCredits: { scope', 'limits.maxCredits: is no limit'],
    ['a counter without period', 'per: period, ', '', 'limits.requests: must say per: period, since it is a counter'],
    ['a gauge with a period', 'kind: gauge,', 'kind: gauge, per: period,', 'limits.storage.per: fits a counter only'],
    [
      'a gauge of reservations',
      'kind: gauge,',
      'kind: gauge, counts: reservations,',
      'limits.storage.counts: fits a counter only',
    ],
    [
      'reservations that say they block jobs',
      'counts: reservations }',
      'counts: reservations, blocksJobs: true }',
      'limits.requests.blocksJobs: fits a reported limit only',
    ],
    [
      'an unknown default plan',
      'defaultPlan: free',
      'defaultPlan: fre',
      'x.yaml:29:1 defaultPlan: is no plan of this catalog; did you mean "free"?',
    ],
    [
      'a default plan that costs',
      'defaultPlan: free',
      'defaultPlan: small',
      'defaultPlan: must be a plan without prices',
    ],
    ['limits without a default plan', 'defaultPlan: free\n', '', 'defaultPlan: is missing: name the free plan'],
    [
      'an unknown default operation',
      'defaultPlan:',
      'defaultOperation: skan\ndefaultPlan:',
      'defaultOperation: is no operation of this catalog',
    ],
    [
      'tiers out of order',
      'upTo: 200',
      'upTo: 100',
      'x.yaml:35:45 overage.tiers.USD[1].upTo: must be above 100, where the tier before ends',
    ],
    ['a gap between tiers', 'upTo: 100, ', '', 'overage.tiers.USD[0]: must say upTo: only the last tier is open'],
    [
      'tiers without end',
      '{ price: "0.025" }',
      '{ upTo: 300, price: "0.025" }',
      'overage.tiers.USD[2].upTo: must be left out on the last tier: credits beyond 300 would have no price',
    ],
    [
      'no tiers',
      '[{ upTo: 100, price: "0.0330" }, { upTo: 200, price: "0.03" }, { price: "0.025" }]',
      '[]',
      'overage.tiers.USD: must have at least 1 in its list',
    ],
    [
      'a unit price as a float',
      '"0.0330"',
      '0.0330',
      'overage.tiers.USD[0].price: must be a quoted amount such as "0.0330", with at most 6 decimals',
    ],
    ['tiers in an unknown currency', '    USD: [', '    EUR: [', 'overage.tiers.EUR: is no currency of this catalog'],
    [
      'a limit that starts above its maximum',
      'max: 1000',
      'max: 10',
      'overage.limitPerPeriod.start: must not be above max, which is 10',
    ],
    ['retries out of order', '[1, 3]', '[3, 1]', 'dunning.retryAfterDays[1]: must be later than the retry before it'],
    ['a threshold twice', '[10, 5]', '[5, 5]', 'defaults.alertThresholds[1]: repeats 5'],
    [
      'an unknown default currency',
      'currency: USD',
      'currency: EUR',
      'defaults.currency: is no currency of this catalog',
    ],
    ['a key twice', 'version: "1"', 'version: "1"\nversion: "2"', 'x.yaml:3:1 Map keys must be unique'],
    ['broken YAML', 'operations:', 'operations: [', 'x.yaml:'],
    ['a tag that YAML does not know', 'id: sample', 'id: !!js sample', 'x.yaml:1:5 Unresolved tag'],
    ['two documents', 'version: "1"', '---\nversion: "1"', 'x.yaml:2:1 Source contains multiple documents'],
    ['an alias of itself', 'topUps:', 'dunning: &d { retryAfterDays: *d }\ntopUps:', 'x.yaml:'],
  ])('%s', (_, from, to, expected) => {
    expect(problemsIn(changed(from, to)).join('\n')).toContain(expected);
  });

  it.each(['', '# nothing', 'text', '- 1', 'null'])('no mapping at all: %j', (text) => {
    expect(problemsIn(text)[0]).toMatch(/^x\.yaml:1:\d+ must be a mapping of keys to values$/);
  });

  it('names all problems at once, in the order of the file', () => {
    const text = TEXT.replace('help@billing.example', 'help')
      .replace('credits: 3 }', 'credits: 1.5 }')
      .replace('requests: 20 } }\n  - { id: season', 'requests: 19 } }\n  - { id: season')
      .replace('upTo: 200', 'upTo: 100');
    expect(problemsIn(text).map((line) => line.split(' ', 2).join(' '))).toEqual([
      'x.yaml:4:48 links.supportEmail:',
      'x.yaml:7:29 operations[0].credits:',
      'x.yaml:27:87 plans[2].limits.requests:',
      'x.yaml:35:45 overage.tiers.USD[1].upTo:',
    ]);
  });

  it('finds the position of an aliased value: that of the anchor', () => {
    const text = changed('{ retryAfterDays: [1, 3] }', '&d { retryAfterDays: [1, x] }').replace(
      'defaults: {',
      'defaults: *d #',
    );
    expect(problemsIn(text)).toEqual([
      expect.stringMatching(/^x\.yaml:36:15 defaults\.retryAfterDays: is not known here/),
      'x.yaml:36:35 dunning.retryAfterDays[1]: must be a whole number ≥ 1',
    ]);
  });
});

describe('defaults', () => {
  const MINIMAL = TEXT.slice(0, TEXT.indexOf('surcharges:'));

  it('fill in what a catalog leaves out', () => {
    const parsed = parseCatalog(MINIMAL);
    expect(parsed).toMatchObject({
      ok: true,
      catalog: {
        reference: 'sample@1',
        effectiveAt: '2026-01-01T00:00:00.000Z',
        reservationTimeoutSeconds: 3600,
        maxCreditsPerJob: 10_000_000,
        maxPagesPerJob: 1_000_000,
        moneyBackDays: 14,
        defaults: { retentionDays: 7, alertThresholds: [] },
        dunning: { retryAfterDays: [1, 3, 5, 7] },
        plans: [],
        trials: [],
      },
    });
    expect(parsed.ok && 'overage' in parsed.catalog).toBe(false);
  });

  it('give an operation the time-out of the catalog unless it has its own', () => {
    const text = MINIMAL.replace('credits: 3 }', 'credits: 3, reservationTimeoutSeconds: 60 }');
    const parsed = parseCatalog(`${text}reservationTimeoutSeconds: 900`);
    const timeouts = parsed.ok ? [...parsed.catalog.operations.values()].map((o) => o.reservationTimeoutSeconds) : [];
    expect(timeouts).toEqual([60, 900]);
  });
});
