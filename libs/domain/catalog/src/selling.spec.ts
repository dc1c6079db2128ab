import { catalogWarnings, maxPaymentTermsDays, shortestSoldPeriod } from '.';
import { SAMPLE, sample } from '../support/sample';

const SELLER = 'seller: { name: Sample, address: 1 Street, country: DE }';
const TAX = 'tax: { seller: DE, rates: { DE: "19" } }';
const selling = (...lines: readonly string[]) => sample(['dunning:', [...lines, 'dunning:'].join('\n')]);
const WITHOUT_PLANS: [string, string] = [SAMPLE.slice(SAMPLE.indexOf('limits:'), SAMPLE.indexOf('topUps:')), ''];

describe('the shortest period that is sold', () => {
  test('is the shortest of the plans with prices; a month counts as 28 days', () => {
    expect(shortestSoldPeriod(sample().plans)).toEqual({ plan: 'weekly', days: 7 });
    expect(shortestSoldPeriod(sample(['{ days: 7 }', '{ days: 90 }']).plans)).toEqual({ plan: 'small', days: 28 });
    expect(shortestSoldPeriod(sample(WITHOUT_PLANS).plans)).toBeUndefined();
  });

  test.each([
    ['a week, the last attempt on day 3', [], 3],
    ['months, the last attempt on day 3', [['{ days: 7 }', '{ days: 90 }']], 24],
    ['a week without attempts', [['[1, 3]', '[]']], 6],
    ['no plan', [WITHOUT_PLANS], undefined],
  ] as [string, [string, string][], number | undefined][])('%s: limits the payment terms', (_, changes, days) => {
    expect(maxPaymentTermsDays(sample(...changes))).toBe(days);
  });
});

describe('warnings', () => {
  test('a catalog with seller and rates has none', () => {
    expect(catalogWarnings(selling(SELLER, TAX))).toEqual([]);
  });

  test('prices without a seller', () => {
    expect(catalogWarnings(selling(TAX))).toEqual([
      'The catalog has prices but no seller: every sale is refused (no_seller). Add seller to the catalog.',
    ]);
  });

  test('no seller, but nothing to sell', () => {
    const prices = SAMPLE.slice(SAMPLE.indexOf('topUps:'), SAMPLE.indexOf('dunning:'));
    expect(catalogWarnings(sample(WITHOUT_PLANS, [prices, `${TAX}\n`]))).toEqual([]);
  });

  test.each([
    ['no rates', [], 'no rates'],
    ['none for the seller', ['tax: { seller: DE, rates: { FR: "20" } }'], 'no rate for DE, the country of the seller'],
  ])('prices that include tax: %s', (_, tax, missing) => {
    expect(catalogWarnings(selling(SELLER, ...tax))).toEqual([
      `Prices in JPY, KWD include tax, but the catalog has ${missing}: the tax of such invoices is 0. Add the rate to tax.rates.`,
    ]);
  });

  test('a price below the minimum charge', () => {
    expect(catalogWarnings(selling(SELLER, TAX, 'minimumCharge: { KWD: "1.006", USD: "9.99" }'))).toEqual([
      'pack costs 1.005 KWD, below the minimum charge of 1.006: it cannot be bought. Raise the price or lower minimumCharge.',
    ]);
  });
});
