import { taxIn, taxOn } from '@tallystick/domain/kernel';
import type { TaxRules } from '@tallystick/domain/catalog';
import type { TaxedTotals } from '../subscription/events';

/** Member states, as in VAT ids except for Greece, whose ids begin with EL. */
const EU = new Set('AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK'.split(' '));

export interface Buyer {
  /** ISO 3166-1. */
  readonly country?: string;
  readonly hasVatId: boolean;
}

/** A business in another country of the EU owes the tax itself. */
export const isReverseCharge = ({ seller }: TaxRules, { country, hasVatId }: Buyer): boolean =>
  hasVatId && seller !== undefined && country !== undefined && country !== seller && EU.has(seller) && EU.has(country);

/** The totals of an invoice. Tax is rounded once, on the sum of the rounded lines; with tax included, net is the remainder. */
export function totalsOf(rules: TaxRules, sum: number, taxIncluded: boolean, buyer: Buyer): TaxedTotals {
  const rate = buyer.country === undefined ? undefined : rules.rates.get(buyer.country);
  if (isReverseCharge(rules, buyer)) {
    const removed = taxIncluded && rules.reverseCharge === 'net' && rate !== undefined ? taxIn(sum, rate) : 0;
    return { net: sum - removed, tax: 0, gross: sum - removed, reverseCharge: true };
  }
  if (rate === undefined) return { net: sum, tax: 0, gross: sum };
  const tax = taxIncluded ? taxIn(sum, rate) : taxOn(sum, rate);
  const net = taxIncluded ? sum - tax : sum;
  return { net, tax, gross: net + tax, taxRate: rate };
}
