import { decimalText, plural, type Anchor, type Period } from '@tallystick/domain/kernel';
import type { Catalog, Plan } from '@tallystick/domain/catalog';

import type { SoldTerms } from '../subscription/events';
import type { InvoiceLine } from './lines';

/** The terms of a plan in a currency; undefined if it has no price in it. */
export function termsOf(catalog: Catalog, plan: Plan, currency: string): SoldTerms | undefined {
  const price = plan.prices.get(currency);
  if (price === undefined || price.amount === 0) return undefined;
  return {
    plan: plan.id,
    name: plan.name,
    price: { amount: price.amount, currency },
    taxIncluded: price.taxIncluded,
    credits: plan.credits,
    catalog: catalog.reference,
    period: plan.period.unit === 'day' ? { days: plan.period.length } : 'month',
    ...(plan.term && { termDays: plan.term.days }),
    upgrade: catalog.upgrade,
    graceHours: catalog.renewalGraceHours,
  };
}

const lengthText = (length: Anchor['length']): string => (length === 'month' ? '1 month' : plural(length.days, 'day'));

/** A period of a plan at its full price. Without `period`, it begins with the payment. */
export const planLine = (terms: SoldTerms, period?: Period): InvoiceLine => ({
  kind: 'plan',
  description: `${terms.name}: ${lengthText(terms.period)}, ${plural(terms.credits, 'credit')}`,
  quantity: 1,
  unitPrice: decimalText(terms.price),
  amount: terms.price.amount,
  ...(period && { period }),
  plan: terms.plan,
  credits: terms.credits,
});
