import fc from 'fast-check';
import { approximateUnitPrice, overageSlices, priceAt, priceOverage } from '..';
import type { Plan, Tier, TierTable } from '..';

const table = (tiers: readonly Tier[], digits = 2): TierTable => ({ currency: 'USD', digits, tiers });

const anyTable = fc
  .record({
    sizes: fc.array(fc.integer({ min: 1, max: 10_000 }), { maxLength: 6 }),
    prices: fc.array(fc.integer({ min: 0, max: 2_000_000 }), { minLength: 7, maxLength: 7 }),
    digits: fc.integer({ min: 0, max: 4 }),
  })
  .map(({ sizes, prices, digits }) => {
    let upTo = 0;
    const bounded = sizes.map((size, index) => ({ upTo: (upTo += size), unitPrice: prices[index] ?? 0 }));
    return table([...bounded, { unitPrice: prices[6] ?? 0 }], digits);
  });
const used = fc.integer({ min: 0, max: 100_000 });

test('each tier prices only the credits within it', () => {
  const tiers = table([{ upTo: 10, unitPrice: 1_000_000 }, { upTo: 20, unitPrice: 500_000 }, { unitPrice: 100_000 }]);
  expect([0, 1, 10, 11, 20, 21, 120].map((credits) => priceOverage(tiers, credits))).toEqual([
    0, 100, 1000, 1050, 1500, 1510, 2500,
  ]);
});

test.each([
  [2, 1, 5_000, 1], // half a cent goes up
  [2, 1, 4_999, 0],
  [2, 3, 5_000, 2], // rounded once: 1.5 cents, not three times half a cent
  [0, 1, 499_999, 0],
  [0, 1, 500_000, 1],
  [3, 1, 1_500, 2],
])('with %i digits, %i credits at %i millionths cost %i', (digits, credits, unitPrice, amount) => {
  expect(priceOverage(table([{ unitPrice }], digits), credits)).toBe(amount);
  expect(priceAt(unitPrice, credits, digits)).toBe(amount);
});

test('each tier is rounded by itself, as a line of an invoice', () => {
  // 0.5 + 0.5 cents: one cent if rounded once.
  expect(priceOverage(table([{ upTo: 1, unitPrice: 5_000 }, { unitPrice: 5_000 }]), 2)).toBe(2);
});

test('it never falls as credits grow', () => {
  fc.assert(fc.property(anyTable, used, used, (tiers, a, b) => priceOverage(tiers, a) <= priceOverage(tiers, a + b)));
});

test('slices add up to the credits used', () => {
  const sum = (tiers: TierTable, credits: number) =>
    overageSlices(tiers, credits).reduce((total, slice) => total + slice.credits, 0);
  fc.assert(fc.property(anyTable, used, (tiers, credits) => sum(tiers, credits) === credits));
});

test('it is exact where floats are not, and throws where exact integers end', () => {
  const tiers = table([{ unitPrice: 999_999_999 }]);
  expect(priceOverage(tiers, 90_000_000_001)).toBe(8_999_999_991_099_999 + 1);
  expect(() => priceOverage(tiers, 900_000_000_000)).toThrow(RangeError);
});

test.each([-1, 0.5, NaN, Infinity])('%d credits are a bug, and throw', (credits) => {
  expect(() => priceOverage(table([{ unitPrice: 1 }]), credits)).toThrow(RangeError);
});

test('a plan that is free, or has no price in the currency, has no price per credit', () => {
  const plan: Plan = {
    id: 'p',
    name: 'P',
    credits: 10,
    period: { unit: 'month', length: 1 },
    prices: new Map(),
    limits: new Map(),
  };
  const price = { currency: 'USD', amount: 500, taxIncluded: false };
  expect(approximateUnitPrice(plan, 'USD', 2)).toBeUndefined();
  expect(approximateUnitPrice({ ...plan, credits: 0, prices: new Map([['USD', price]]) }, 'USD', 2)).toBeUndefined();
  expect(approximateUnitPrice({ ...plan, prices: new Map([['USD', price]]) }, 'USD', 2)).toBe(500_000);
});
