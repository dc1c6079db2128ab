import { catalogOf, MONTHLY } from '../../support/catalogs';
import { creditNoteTotals, invoiceNumber } from './numbers';
import { fractionLeft, proratedCredits, prorationLines } from './proration';
import { totalsOf } from './tax';
import { termsOf } from './terms';

const RATES = {
  seller: 'DE',
  rates: new Map([
    ['US', '20'],
    ['DE', '19'],
  ]),
  reverseCharge: 'keepGross',
} as const;
const US = { country: 'US', hasVatId: false };

test('b39: tax is rounded once, on the sum of the lines', () => {
  expect(totalsOf(RATES, 2999 + 3300 + 4228, false, US)).toEqual({
    net: 10527,
    tax: 2105,
    gross: 12632,
    taxRate: '20',
  });
});

test('b38: credit notes over all lines add up to exactly the invoice', () => {
  const invoice = totalsOf(RATES, 10527, false, US);
  let credited = { net: 0, tax: 0, gross: 0 };
  const notes = [3300, 4228, 2999].map((amount) => {
    const note = creditNoteTotals(invoice, false, credited, amount);
    credited = { net: credited.net + note.net, tax: credited.tax + note.tax, gross: credited.gross + note.gross };
    return note.gross;
  });
  expect(notes).toEqual([3960, 5073, 3599]);
  expect(credited).toEqual({ net: 10527, tax: 2105, gross: 12632 });
});

test('b40: in the basis of an inclusive price', () => {
  const invoice = totalsOf(RATES, 3999, true, { country: 'DE', hasVatId: false });
  const first = creditNoteTotals(invoice, true, { net: 0, tax: 0, gross: 0 }, 2599);
  expect(first).toMatchObject({ tax: 415, net: 2184, gross: 2599 });
  expect(creditNoteTotals(invoice, true, first, 1400).tax + first.tax).toBe(638);
});

test('a note over an invoice without tax has none', () => {
  expect(creditNoteTotals({ net: 100, tax: 0, gross: 100 }, false, { net: 0, tax: 0, gross: 0 }, 30)).toEqual({
    ...{ net: 30, tax: 0, gross: 30 },
  });
});

test.each([
  ['live', 'ABC', 1, 'ABC-000001'],
  ['test', 'ABC', 1_234_567, 'TEST-ABC-1234567'],
] as const)('number %s %s %d: %s', (mode, prefix, count, number) => {
  expect(invoiceNumber(mode, prefix, count)).toBe(number);
});

describe('proration', () => {
  const catalog = catalogOf(MONTHLY);
  const terms = (id: string) =>
    termsOf(
      catalog,
      catalog.plans.find((plan) => plan.id === id)!,
      'USD',
    )!;
  const P1 = { start: '2026-04-11T09:00:00.000Z', end: '2026-05-11T09:00:00.000Z' };

  test.each([
    ['2026-04-11T09:00:00.000Z', 2_592_000],
    ['2026-04-11T09:00:00.999Z', 2_592_000],
    ['2026-05-11T08:59:59.001Z', 1],
    ['2026-05-11T09:00:00.000Z', 0],
    ['2026-05-12T09:00:00.000Z', 0],
  ])('seconds left at %s: %d', (at, left) => expect(fractionLeft(P1, at)).toEqual({ left, of: 2_592_000 }));

  test('negative amounts are rounded half away from zero', () => {
    const [unused, rest] = prorationLines(terms('developer'), terms('startup'), { left: 1, of: 2 }, P1);
    expect([unused?.amount, rest?.amount, rest?.credits]).toEqual([-1500, 6000, 2000]);
  });

  test('nothing is left: no amounts, no negative zero', () => {
    const lines = prorationLines(terms('developer'), terms('startup'), { left: 0, of: 10 }, P1);
    expect(lines.map(({ amount }) => Object.is(amount, 0))).toEqual([true, true]);
  });

  test('a plan with fewer credits grants none for the rest', () => {
    expect(proratedCredits(terms('startup'), terms('developer'), { left: 1, of: 2 })).toBe(0);
  });
});
