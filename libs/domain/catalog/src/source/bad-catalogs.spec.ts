import { catalogWarnings, describeProblems, parseCatalog } from '..';
import { problemsOf, replaced } from '../../support/sample';

/** A catalog that sells plans of two kinds, packs and overage in two currencies. */
const GOOD = `id: paper-mill
version: "7"
effectiveAt: 2026-03-01T00:00:00Z
links: { billingUrl: https://mill.example/billing, refundPolicyUrl: https://mill.example/refunds }
burnDownOrder: [trial, package, top-up, promotional, pay-as-you-go]
operations:
  - { id: scan, unit: page, credits: 2 }
  - { id: draw, unit: request, credits: 5 }
surcharges:
  - { id: advanced, credits: 1, features: [tables], operations: [scan] }
trials:
  - { on: first-use, operation: scan, credits: 100 }
  - { on: first-card, credits: 50, oncePerCard: true }
currencies:
  USD: { tax: excluded }
  EUR: { tax: included }
limits:
  maxProjects: { scope: organization, kind: gauge }
plans:
  - { id: free, credits: 0, limits: { maxProjects: 1 } }
  - { id: small, credits: 1000, prices: { USD: "29.99", EUR: "39.99" }, limits: { maxProjects: 5 } }
  - { id: large, credits: 5000, prices: { USD: "119.99", EUR: "149.99" }, limits: { maxProjects: 20 } }
  - id: pack30
    credits: 500
    period: { days: 30 }
    term: { days: 30, from: payment }
    prices: { USD: "19.00" }
    limits: { maxProjects: 5 }
defaultPlan: free
topUps:
  - { id: credits-100, credits: 100, prices: { USD: "12.00" } }
overage:
  limitPerPeriod: { start: 15000, raisePercent: 20, max: 1000000 }
  tiers:
    USD: [{ upTo: 1000, price: "0.0330" }, { upTo: 2500, price: "0.0302" }, { price: "0.0254" }]
moneyBackDays: 14
upgrade: prorate
renewalGraceHours: 24
dunning: { retryAfterDays: [1, 3, 5, 7] }
afterDunning: suspend
seller:
  name: Paper Mill
  address: 1 Example Street
  country: DE
  vatId: DE000000000
invoicePrefix: MILL
tax: { seller: DE, rates: { DE: "19", FR: "20" } }
reverseCharge: keepGross
minimumCharge: { USD: "0.50" }
defaults: { currency: USD, alertThresholds: [100, 20] }
`;

const changed = (from: string, to: string) => replaced(GOOD, from, to);

test('the catalog without a fault is accepted, without a warning', () => {
  const parsed = parseCatalog(GOOD);
  if (!parsed.ok) throw new Error(describeProblems(parsed.problems));
  expect(catalogWarnings(parsed.catalog)).toEqual([]);
});

test.each<[fault: string, from: string, to: string, ...problems: string[]]>([
  [
    'overlapping tiers',
    'upTo: 2500',
    'upTo: 900',
    'mill.yaml:35:46 overage.tiers.USD[1].upTo: must be above 1000, where the tier before ends',
  ],
  [
    'two tiers with the same end',
    'upTo: 2500',
    'upTo: 1000',
    'mill.yaml:35:46 overage.tiers.USD[1].upTo: must be above 1000, where the tier before ends',
  ],
  [
    'a gap: a tier in the middle without an end',
    'upTo: 1000, ',
    '',
    'mill.yaml:35:11 overage.tiers.USD[0]: must say upTo: only the last tier is open',
  ],
  [
    'no tier for the credits beyond the last',
    '{ price: "0.0254" }',
    '{ upTo: 9000, price: "0.0254" }',
    'mill.yaml:35:79 overage.tiers.USD[2].upTo: must be left out on the last tier: credits beyond 9000 would have no price',
  ],
  [
    'a tier that says where it starts',
    '{ upTo: 2500,',
    '{ from: 1500, upTo: 2500,',
    'mill.yaml:35:46 overage.tiers.USD[1].from: is not known here (known: upTo, price)',
  ],
  [
    'a negative price of a tier',
    '"0.0302"',
    '"-0.0302"',
    'mill.yaml:35:58 overage.tiers.USD[1].price: must not be negative',
  ],
  [
    'a price of a tier as a float',
    '"0.0254"',
    '0.0254',
    'mill.yaml:35:79 overage.tiers.USD[2].price: must be a quoted amount such as "0.0330", with at most 6 decimals',
  ],
  [
    'overage in a currency that is not defined',
    '    USD: [',
    '    GBP: [',
    'mill.yaml:35:5 overage.tiers.GBP: is no currency of this catalog: add it to currencies',
  ],
  [
    'a trial of an unknown operation',
    'operation: scan,',
    'operation: scn,',
    'mill.yaml:12:22 trials[0].operation: is no operation of this catalog; did you mean "scan"? (known: scan, draw)',
  ],
  [
    'a surcharge on an unknown operation',
    'operations: [scan]',
    'operations: [scan, print]',
    'mill.yaml:10:72 surcharges[0].operations[1]: is no operation of this catalog (known: scan, draw)',
  ],
  [
    'credits of an operation as a float',
    'unit: page, credits: 2 }',
    'unit: page, credits: 2.5 }',
    'mill.yaml:7:29 operations[0].credits: must be a whole number ≥ 0',
  ],
  [
    'credits of a plan as a float',
    'credits: 5000',
    'credits: 5000.5',
    'mill.yaml:22:18 plans[2].credits: must be a whole number ≥ 0',
  ],
  [
    'negative credits',
    'unit: request, credits: 5',
    'unit: request, credits: -5',
    'mill.yaml:8:32 operations[1].credits: must be a whole number ≥ 0',
  ],
  ['a negative price of a plan', '"29.99"', '"-29.99"', 'mill.yaml:21:43 plans[1].prices.USD: must not be negative'],
  [
    'a negative price of a pack, unquoted',
    '"12.00"',
    '-12.00',
    'mill.yaml:31:48 topUps[0].prices.USD: must not be negative',
  ],
  [
    'a price as a float',
    '"119.99"',
    '119.99',
    'mill.yaml:22:43 plans[2].prices.USD: must be a quoted amount such as "29.99", with at most 2 decimals',
  ],
  [
    'a price with tenths of a cent',
    '"119.99"',
    '"119.995"',
    'mill.yaml:22:43 plans[2].prices.USD: must be a quoted amount such as "29.99", with at most 2 decimals',
  ],
  [
    'a plan in a currency that is not defined',
    'EUR: "39.99"',
    'GBP: "34.99"',
    'mill.yaml:21:57 plans[1].prices.GBP: is no currency of this catalog: add it to currencies',
  ],
  [
    'two currencies in one price',
    '"29.99"',
    '"29.99 USD, 27.99 EUR"',
    'mill.yaml:21:43 plans[1].prices.USD: must be a quoted amount such as "29.99", with at most 2 decimals',
  ],
  [
    'one currency twice in a plan',
    'USD: "29.99", EUR: "39.99"',
    'USD: "29.99", USD: "39.99"',
    'mill.yaml:21:57 Map keys must be unique',
  ],
  [
    'a currency that does not exist',
    '  EUR: { tax',
    '  EUX: { tax',
    'mill.yaml:16:3 currencies.EUX: is not a currency of ISO 4217 with decimal units',
  ],
  [
    'decimals that the currency does not have',
    '  EUR: { tax',
    '  EUR: { digits: 3, tax',
    'mill.yaml:16:10 currencies.EUR.digits: must be 2, the decimals of EUR: it can be left out',
  ],
  [
    'a more expensive plan with a lower limit',
    '{ maxProjects: 20 }',
    '{ maxProjects: 4 }',
    'mill.yaml:22:85 plans[2].limits.maxProjects: must not be below 5, which the cheaper plan small has',
  ],
  [
    'a more expensive plan with fewer credits',
    'credits: 5000',
    'credits: 999',
    'mill.yaml:22:18 plans[2].credits: must not be below 1000, which the cheaper plan small has',
  ],
  [
    'a plan that leaves a limit out',
    'limits: { maxProjects: 20 } ',
    'limits: {} ',
    'mill.yaml:22:75 plans[2].limits: must say maxProjects: a number, or unlimited',
  ],
  [
    'a plan of a year',
    'period: { days: 30 }',
    'period: { months: 12 }',
    'mill.yaml:25:15 plans[3].period.months: must be 1: a period is one month or a number of days',
  ],
  [
    'a term without days',
    'term: { days: 30, from: payment }',
    'term: { from: payment }',
    'mill.yaml:26:5 plans[3].term.days: is missing',
  ],
  [
    'a term that does not say from when',
    'term: { days: 30, from: payment }',
    'term: { days: 30 }',
    'mill.yaml:26:5 plans[3].term.from: is missing',
  ],
  [
    'a term of a plan that is free',
    'id: free, credits: 0,',
    'id: free, credits: 0, term: { days: 30, from: payment },',
    'mill.yaml:20:29 plans[0].term: fits a plan with prices only: a free plan has no payment',
  ],
  [
    'an unknown member of a plan',
    'period: { days: 30 }',
    'preiod: { days: 30 }',
    'mill.yaml:25:5 plans[3].preiod: is not known here; did you mean "period"? (known: id, name, credits, period, term, prices, limits)',
  ],
  [
    'an unknown member of the catalog',
    'moneyBackDays: 14',
    'moneybackDays: 14',
    'mill.yaml:36:1 moneybackDays: is not known here; did you mean "moneyBackDays"? (known: id, version, effectiveAt, operations, surcharges, fileTypes, defaultOperation, maxCreditsPerJob, maxPagesPerJob, reservationTimeoutSeconds, burnDownOrder, trials, currencies, limits, plans, defaultPlan, topUps, overage, links, moneyBackDays, upgrade, renewalGraceHours, dunning, afterDunning, seller, invoicePrefix, tax, reverseCharge, minimumCharge, defaults)',
  ],
  [
    'a day that does not exist',
    '2026-03-01T00:00:00Z',
    '2026-02-30T00:00:00Z',
    'mill.yaml:3:1 effectiveAt: must be a UTC date or time such as 2026-11-01 or 2026-11-01T00:00:00Z',
  ],
  [
    'a time without its zone',
    '2026-03-01T00:00:00Z',
    '2026-03-01T00:00:00',
    'mill.yaml:3:1 effectiveAt: must be a UTC date or time such as 2026-11-01 or 2026-11-01T00:00:00Z',
  ],
  [
    'a rate of tax above 100 %',
    'DE: "19",',
    'DE: "190",',
    'mill.yaml:47:29 tax.rates.DE: must be a quoted percentage from "0" to "99.9999", such as "19"',
  ],
  [
    'a negative rate of tax',
    'FR: "20"',
    'FR: "-20"',
    'mill.yaml:47:39 tax.rates.FR: must be a quoted percentage from "0" to "99.9999", such as "19"',
  ],
  [
    'a rate of tax as a float',
    'FR: "20"',
    'FR: 5.5',
    'mill.yaml:47:39 tax.rates.FR: must be a quoted percentage from "0" to "99.9999", such as "19"',
  ],
  [
    'a rate of tax for a country that does not exist',
    'FR: "20"',
    'FX: "20"',
    'mill.yaml:47:39 tax.rates.FX: must be a country code of ISO 3166-1, such as DE',
  ],
  ['tax without the country of the seller', 'tax: { seller: DE, ', 'tax: { ', 'mill.yaml:47:1 tax.seller: is missing'],
  ['a seller without a country', '  country: DE\n', '', 'mill.yaml:41:1 seller.country: is missing'],
  [
    'a seller whose country is a name',
    'country: DE',
    'country: Germany',
    'mill.yaml:44:3 seller.country: must be a country code of ISO 3166-1, such as DE',
  ],
  ['a seller without an address', '  address: 1 Example Street\n', '', 'mill.yaml:41:1 seller.address: is missing'],
  [
    'dunning that lasts longer than a month',
    '[1, 3, 5, 7]',
    '[1, 3, 28]',
    'mill.yaml:39:35 dunning.retryAfterDays[2]: must be 27 at most, so that dunning ends before the next period: a period of the plan small can have 28 days, and the first attempt can take 24 hours',
  ],
  [
    'dunning that lasts longer than the shortest plan',
    'period: { days: 30 }',
    'period: { days: 7 }',
    'mill.yaml:39:38 dunning.retryAfterDays[3]: must be 6 at most, so that dunning ends before the next period: a period of the plan pack30 can have 7 days, and the first attempt can take 24 hours',
  ],
  [
    'dunning and grace that last longer than a month',
    'Hours: 24\ndunning: { retryAfterDays: [1, 3, 5, 7] }',
    'Hours: 336\ndunning: { retryAfterDays: [1, 15] }',
    'mill.yaml:39:32 dunning.retryAfterDays[1]: must be 14 at most, so that dunning ends before the next period: a period of the plan small can have 28 days, and the first attempt can take 336 hours',
  ],
  [
    'attempts in the wrong order',
    '[1, 3, 5, 7]',
    '[3, 1]',
    'mill.yaml:39:32 dunning.retryAfterDays[1]: must be later than the retry before it',
  ],
  ['an unknown way to upgrade', 'upgrade: prorate', 'upgrade: half', 'mill.yaml:37:1 upgrade: must be prorate or full'],
  [
    'an unknown end of dunning',
    'afterDunning: suspend',
    'afterDunning: cancel',
    'mill.yaml:40:1 afterDunning: must be suspend or continue',
  ],
  [
    'an unknown rule of reverse charge',
    'reverseCharge: keepGross',
    'reverseCharge: gross',
    'mill.yaml:48:1 reverseCharge: must be keepGross or net',
  ],
  [
    'a minimum charge in a currency that is not defined',
    'minimumCharge: { USD',
    'minimumCharge: { JPY',
    'mill.yaml:49:18 minimumCharge.JPY: is no currency of this catalog: add it to currencies',
  ],
  [
    'a prefix of invoices with a hyphen',
    'invoicePrefix: MILL',
    'invoicePrefix: MILL-2026',
    'mill.yaml:46:1 invoicePrefix: must be 1 to 12 capitals and digits, a capital first, and not TEST',
  ],
  [
    'a prefix of invoices that says test',
    'invoicePrefix: MILL',
    'invoicePrefix: TEST',
    'mill.yaml:46:1 invoicePrefix: must be 1 to 12 capitals and digits, a capital first, and not TEST',
  ],
  [
    'a link without its protocol',
    'https://mill.example/refunds',
    'mill.example/refunds',
    'mill.yaml:4:52 links.refundPolicyUrl: must be a web address that starts with https://',
  ],
  [
    'a default currency that is not defined',
    'currency: USD, alert',
    'currency: GBP, alert',
    'mill.yaml:50:13 defaults.currency: is no currency of this catalog (known: USD, EUR)',
  ],
])('%s is refused, with line, column and rule', (_, from, to, ...problems) => {
  expect(problemsOf(changed(from, to), 'mill.yaml')).toEqual(problems);
});
