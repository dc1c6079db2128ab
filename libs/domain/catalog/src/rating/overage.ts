import { prorate, ratePrice } from '@tallystick/domain/kernel';
import type { Plan, TierTable } from '../catalog';

/** Decimals of unit prices, which are integers in millionths of the currency's major unit. */
export const UNIT_PRICE_DECIMALS = 6;

export interface OverageSlice {
  readonly credits: number;
  readonly unitPrice: number;
}

/**
 * The price of `credits` of overage in one period, in minor units: the sum over the tiers, each rounded half away from zero, as on the
 * lines of an invoice. An invoice in mid-period is this amount minus the amount of earlier invoices in the period.
 */
export function priceOverage(table: TierTable, credits: number): number {
  const amounts = overageSlices(table, credits).map((slice) => priceAt(slice.unitPrice, slice.credits, table.digits));
  return wholeAmount(amounts.reduce((total, amount) => total + amount, 0));
}

/** The credits in each tier, lowest tier first. */
export function overageSlices(table: TierTable, credits: number): readonly OverageSlice[] {
  assertCredits(credits);
  const slices: OverageSlice[] = [];
  let from = 0;
  for (const { upTo = Infinity, unitPrice } of table.tiers) {
    if (credits <= from) break;
    slices.push({ credits: Math.min(credits, upTo) - from, unitPrice });
    from = upTo;
  }
  return slices;
}

/** The price of `credits` at one unit price in minor units. */
export function priceAt(unitPrice: number, credits: number, digits: number): number {
  assertCredits(credits);
  return ratePrice(credits, unitPriceText(unitPrice), digits);
}

/** A unit price as decimal text in the major unit, with at least four decimals: "0.0330". */
export function unitPriceText(unitPrice: number): string {
  const digits = String(unitPrice).padStart(UNIT_PRICE_DECIMALS + 1, '0');
  const fraction = digits.slice(-UNIT_PRICE_DECIMALS).replace(/0{1,2}$/, '');
  return `${digits.slice(0, -UNIT_PRICE_DECIMALS)}.${fraction}`;
}

/**
 * A plan's approximate price per credit, rounded to three decimals (319.99 for 15,000 is 0.021). Undefined if the plan has no price in
 * the currency.
 */
export function approximateUnitPrice(plan: Plan, currency: string, digits: number): number | undefined {
  const price = plan.prices.get(currency);
  if (price === undefined || plan.credits === 0) return undefined;
  const thousandths = prorate(price.amount, 1000, plan.credits * 10 ** digits);
  return thousandths * 10 ** (UNIT_PRICE_DECIMALS - 3);
}

function wholeAmount(amount: number): number {
  if (!Number.isSafeInteger(amount)) throw new RangeError(`amount beyond exact integers: ${amount}`);
  return amount;
}

function assertCredits(credits: number): void {
  if (!Number.isSafeInteger(credits) || credits < 0)
    throw new RangeError(`credits must be a whole number ≥ 0, not ${credits}`);
}
