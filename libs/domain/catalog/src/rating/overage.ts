import type { Plan, TierTable } from '../catalog';

/** Decimals of unit prices, which are integers in millionths of the currency's major unit. */
export const UNIT_PRICE_DECIMALS = 6;

export interface OverageSlice {
  readonly credits: number;
  readonly unitPrice: number;
}

/**
 * The price of `credits` of overage in one period, in minor units: the sum over all tiers, rounded half up once. An invoice in
 * mid-period is this amount minus the amount of earlier invoices in the period.
 */
export function priceOverage(table: TierTable, credits: number): number {
  let total = 0n;
  for (const slice of overageSlices(table, credits)) total += BigInt(slice.credits) * BigInt(slice.unitPrice);
  return toMinorUnits(total, table.digits);
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

/** The price of `credits` at one unit price in minor units, rounded half up. */
export function priceAt(unitPrice: number, credits: number, digits: number): number {
  assertCredits(credits);
  return toMinorUnits(BigInt(credits) * BigInt(unitPrice), digits);
}

/**
 * A plan's approximate price per credit, rounded to three decimals (319.99 for 15,000 is 0.021). Undefined if the plan has no price in
 * the currency.
 */
export function approximateUnitPrice(plan: Plan, currency: string, digits: number): number | undefined {
  const price = plan.prices.get(currency);
  if (price === undefined || plan.credits === 0) return undefined;
  const thousandths = roundHalfUp(BigInt(price.amount) * 1000n, BigInt(plan.credits) * 10n ** BigInt(digits));
  return Number(thousandths * 10n ** BigInt(UNIT_PRICE_DECIMALS - 3));
}

function toMinorUnits(scaled: bigint, digits: number): number {
  const amount = Number(roundHalfUp(scaled, 10n ** BigInt(UNIT_PRICE_DECIMALS - digits)));
  if (!Number.isSafeInteger(amount)) throw new RangeError(`amount beyond exact integers: ${amount}`);
  return amount;
}

/** For amounts that are not negative. */
function roundHalfUp(numerator: bigint, denominator: bigint): bigint {
  return (2n * numerator + denominator) / (2n * denominator);
}

function assertCredits(credits: number): void {
  if (!Number.isSafeInteger(credits) || credits < 0)
    throw new RangeError(`credits must be a whole number ≥ 0, not ${credits}`);
}
