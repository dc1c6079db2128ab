import { decimalText } from '@tallystick/domain/kernel';
import type { Catalog, Plan } from './catalog';

const SHORTEST_MONTH_DAYS = 28;

/** The plan with the shortest period of those that are sold, with its days: 28 for a month. */
export function shortestSoldPeriod(
  plans: readonly Pick<Plan, 'id' | 'period' | 'prices'>[],
): { readonly plan: string; readonly days: number } | undefined {
  return plans
    .filter(({ prices }) => prices.size > 0)
    .map(({ id, period }) => ({ plan: id, days: period.unit === 'day' ? period.length : SHORTEST_MONTH_DAYS }))
    .sort((a, b) => a.days - b.days)[0];
}

/** The most days of payment terms with which dunning ends before the next period. Undefined if no plan is sold. */
export function maxPaymentTermsDays({ plans, dunning }: Catalog): number | undefined {
  const shortest = shortestSoldPeriod(plans);
  return shortest && shortest.days - (dunning.retryAfterDays.at(-1) ?? 0) - 1;
}

/** The gaps of a valid catalog, as sentences with the next step. */
export function catalogWarnings(catalog: Catalog): readonly string[] {
  return [...sellerWarnings(catalog), ...taxWarnings(catalog), ...minimumWarnings(catalog)];
}

function sellerWarnings({ seller, plans, topUps, overage }: Catalog): readonly string[] {
  const sells = topUps.length > 0 || overage !== undefined || plans.some(({ prices }) => prices.size > 0);
  if (!sells || seller !== undefined) return [];
  return ['The catalog has prices but no seller: every sale is refused (no_seller). Add seller to the catalog.'];
}

function taxWarnings({ currencies, tax }: Catalog): readonly string[] {
  const included = [...currencies.values()].filter(({ taxIncluded }) => taxIncluded).map(({ code }) => code);
  if (included.length === 0 || (tax.seller !== undefined && tax.rates.has(tax.seller))) return [];
  const missing = tax.seller === undefined ? 'no rates' : `no rate for ${tax.seller}, the country of the seller`;
  return [
    `Prices in ${included.join(', ')} include tax, but the catalog has ${missing}: the tax of such invoices is 0. Add the rate to tax.rates.`,
  ];
}

/** A price below the minimum charge could not be paid. */
function minimumWarnings({ plans, topUps, minimumCharge }: Catalog): readonly string[] {
  return [...plans, ...topUps].flatMap(({ id, prices }) =>
    [...prices.values()].flatMap(({ currency, amount }) => {
      const least = minimumCharge.get(currency) ?? 0;
      if (amount >= least) return [];
      const [price, minimum] = [amount, least].map((minor) => decimalText({ currency, amount: minor }));
      return `${id} costs ${price} ${currency}, below the minimum charge of ${minimum}: it cannot be bought. Raise the price or lower minimumCharge.`;
    }),
  );
}
