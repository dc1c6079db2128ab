import fc from 'fast-check';
import { currencyDigits, decimalText, prorate, ratePrice, sumMoney, taxIn, taxOn } from '.';

/** Half away from zero, on integers: the definition that the functions are compared with. */
function roundedQuotient(numerator: bigint, denominator: bigint): number {
  const magnitude = numerator < 0n ? -numerator : numerator;
  const rounded = Number((2n * magnitude + denominator) / (2n * denominator));
  return numerator < 0n && rounded !== 0 ? -rounded : rounded;
}

const amount = fc.integer({ min: -1_000_000_000_000, max: 1_000_000_000_000 });
const percentage = fc.integer({ min: 0, max: 10_000 }).map((hundredths) => ({
  hundredths,
  rate: `${Math.floor(hundredths / 100)}.${String(hundredths % 100).padStart(2, '0')}`,
}));

test.each([
  ['USD', 2],
  ['JPY', 0],
  ['KWD', 3],
  ['CLF', 4],
  ['usd', undefined],
  ['XXZ', undefined],
  ['toString', undefined],
  ['default', undefined],
  ['MGA', undefined], // five iraimbilanja to the ariary
])('%s has %p decimals', (code, digits) => {
  expect(currencyDigits(code)).toBe(digits);
});

describe('ratePrice', () => {
  test.each([
    [1_000, '0.0330', 2, 3300],
    [15, '0.0330', 2, 50], // 49.5
    [14, '0.0330', 2, 46],
    [1, '0.015', 2, 2],
    [1, '0.014999', 2, 1],
    [-1, '0.015', 2, -2],
    [3, '0.5', 0, 2],
    [1, '0.0005', 3, 1],
    [0, '0.0330', 2, 0],
  ])('%i × %s at %i digits is %i', (quantity, unitPrice, digits, expected) => {
    expect(ratePrice(quantity, unitPrice, digits)).toBe(expected);
  });

  test('it is exact for any quantity and price', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 1_000_000_000 }),
        fc.integer({ min: 0, max: 999_999_999 }),
        (count, micro) => {
          const price = `${Math.floor(micro / 1e6)}.${String(micro % 1e6).padStart(6, '0')}`;
          expect(ratePrice(count, price, 2)).toBe(roundedQuotient(BigInt(count) * BigInt(micro), 10_000n));
        },
      ),
    );
  });

  test('an amount that is not an exact integer throws', () => {
    expect(() => ratePrice(900_000_000_000, '999.999999', 2)).toThrow(RangeError);
  });
});

describe('prorate', () => {
  test.each([
    ['half of 29.99 is 15.00 (14.995)', 2999, 15, 30, 1500],
    ['minus half of 29.99 is minus 15.00', -2999, 15, 30, -1500],
    ['a thirtieth of 29.99', 2999, 86_400, 2_592_000, 100],
    ['a thirtieth of 4,000 credits', 4000, 1, 30, 133],
    ['nothing', 2999, 0, 30, 0],
    ['a negative part of a cent is 0, not -0', -1, 1, 3, 0],
    ['all', 2999, 30, 30, 2999],
  ])('%s', (_, whole, part, parts, expected) => {
    expect(prorate(whole, part, parts)).toBe(expected);
  });

  test('it is exact, and symmetric about zero', () => {
    fc.assert(
      fc.property(
        amount,
        fc.integer({ min: 0, max: 2_678_400 }),
        fc.integer({ min: 1, max: 2_678_400 }),
        (of, part, whole) => {
          fc.pre(part <= whole);
          expect(prorate(of, part, whole)).toBe(roundedQuotient(BigInt(of) * BigInt(part), BigInt(whole)));
          expect(prorate(of, part, whole) + prorate(-of, part, whole)).toBe(0);
        },
      ),
    );
  });
});

describe('tax', () => {
  test.each([
    [10_527, '20', 2105], // 21.054; 21.06 if rounded by line
    [25, '10', 3], // 2.5
    [-25, '10', -3],
    [1000, '5.5', 55],
    [2999, '0', 0],
  ])('on %i net at %s %% is %i', (net, rate, tax) => {
    expect(taxOn(net, rate)).toBe(tax);
  });

  test.each([
    [3999, '19', 638],
    [3999, '20', 667],
    [2599, '19', 415],
    [5000, '10', 455], // 454.54…
    [3999, '0', 0],
  ])('in %i gross at %s %% is %i', (gross, rate, tax) => {
    expect(taxIn(gross, rate)).toBe(tax);
  });

  test('both are exact for any amount and rate', () => {
    fc.assert(
      fc.property(amount, percentage, (of, { hundredths, rate }) => {
        expect(taxOn(of, rate)).toBe(roundedQuotient(BigInt(of) * BigInt(hundredths), 10_000n));
        expect(taxIn(of, rate)).toBe(roundedQuotient(BigInt(of) * BigInt(hundredths), BigInt(10_000 + hundredths)));
      }),
    );
  });
});

describe('money', () => {
  const usd = (cents: number) => ({ currency: 'USD', amount: cents });

  test('adds up in one currency', () => {
    expect(sumMoney('USD', [usd(-1500), usd(6000)])).toEqual(usd(4500));
    expect(sumMoney('JPY', [])).toEqual({ currency: 'JPY', amount: 0 });
  });

  test.each([
    ['another currency', [usd(1), { currency: 'EUR', amount: 1 }]],
    ['a currency that is none', [{ currency: 'XXZ', amount: 1 }]],
    ['an amount that is a float', [usd(0.5)]],
    ['a sum beyond exact integers', [usd(Number.MAX_SAFE_INTEGER), usd(1)]],
  ])('%s throws', (_, amounts) => {
    expect(() => sumMoney('USD', amounts)).toThrow();
  });

  test.each([
    ['USD', 2999, '29.99'],
    ['USD', -5, '-0.05'],
    ['JPY', 5000, '5000'],
    ['KWD', 1005, '1.005'],
  ])('%s %i is written %s', (currency, minor, text) => {
    expect(decimalText({ currency, amount: minor })).toBe(text);
  });
});
