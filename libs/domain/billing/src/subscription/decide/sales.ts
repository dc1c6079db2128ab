import type { Plan } from '@tallystick/domain/catalog';
import type { Instant } from '@tallystick/domain/kernel';
import { creditNoteNumber, creditNoteTotals } from '../../money/numbers';
import { termsOf } from '../../money/terms';
import { refuse, type BillingRefusal } from '../../refusals';
import type { BillingEvent, EndReason, LapseReason, SoldTerms } from '../events';
import { isPastDue, renewalEntry } from '../queries';
import { methodOf, type InvoiceEntry } from '../state';
import type { BillingContext } from './recorder';

/** The reason why nothing can be sold to the organization, or undefined. */
export function unsellable({ policy, account }: BillingContext, taxIncluded: boolean): BillingRefusal | undefined {
  if (policy.catalog.seller === undefined)
    return refuse(
      'no_seller',
      'Nothing can be sold: the catalog names no seller. Add the block `seller` to the catalog.',
    );
  if (taxIncluded && account.details.country === undefined)
    return refuse(
      'billing_details_required',
      `Prices in ${account.currency} include tax, which depends on the country of the buyer. Set it with PUT …/billing-details.`,
      { field: 'billing.country', rule: 'required' },
    );
  return undefined;
}

export const noPaymentMethod = (): BillingRefusal =>
  refuse(
    'payment_method_required',
    'There is no payment method. Add a card, or ask an operator to set manual payment.',
  );

/** The card that a charge needs. */
export const lacksMethod = ({ account }: BillingContext): BillingRefusal | undefined =>
  methodOf(account) === 'none' ? noPaymentMethod() : undefined;

/** The terms of a plan that is sold now, or why it is not. */
export function termsNow({ policy, account }: BillingContext, id: string): SoldTerms | BillingRefusal {
  const { catalog } = policy;
  const plan = findPlan(catalog.plans, id);
  if (!plan) {
    const known = catalog.plans.map((one) => one.id).join(', ') || 'none';
    return refuse('unknown_plan', `The catalog has no plan ${id}. It has ${known}.`, { field: 'plan', rule: 'known' });
  }
  const terms = termsOf(catalog, plan, account.currency);
  if (terms) return terms;
  const currencies = [...plan.prices.keys()].join(', ');
  const advice =
    currencies === '' ? 'It has no price: cancel the subscription to return to it.' : `It is sold in ${currencies}.`;
  return refuse('not_sold_in_currency', `Plan ${id} is not sold in ${account.currency}. ${advice}`, {
    field: 'plan',
    rule: 'sold',
  });
}

export const findPlan = (plans: readonly Plan[], id: string): Plan | undefined => plans.find((plan) => plan.id === id);

export const isRefusal = (value: object): value is BillingRefusal => 'code' in value && 'message' in value;

/** An open invoice that will not be paid: void, or credited in full if a part of it is paid. A draft is dropped. */
export function withdrawInvoice(context: BillingContext, entry: InvoiceEntry, reason: string): readonly BillingEvent[] {
  const { invoiceId, status, paid, credited } = entry;
  if (status === 'draft') return [context.record('DraftDropped', { invoiceId, reason })];
  if (paid === 0 && credited.gross === 0)
    return [context.record('InvoiceStatusChanged', { invoiceId, status: 'void', reason })];
  const basis = entry.taxIncluded ? 'gross' : 'net';
  return [creditNote(context, entry, entry[basis] - credited[basis], reason)];
}

export function creditNote(
  { policy, account, now, record }: BillingContext,
  entry: InvoiceEntry,
  amount: number,
  reason: string,
  requestId?: string,
): BillingEvent {
  const count = account.creditNotes + 1;
  return record('CreditNoteNumbered', {
    creditNoteId: `${entry.invoiceId}.credit.${count}`,
    invoiceId: entry.invoiceId,
    number: creditNoteNumber(policy.mode, account.prefix ?? '', count),
    issuedAt: now,
    reason,
    ...creditNoteTotals(entry, entry.taxIncluded, entry.credited, amount),
    ...(requestId !== undefined && { requestId }),
  });
}

/** A first purchase that is given up before it counts. */
export function lapsePurchase(
  context: BillingContext,
  reason: LapseReason,
  note = `${reason}`,
): readonly BillingEvent[] {
  const { purchase, entries } = context.account;
  const entry = purchase && entries[purchase.invoiceId];
  return purchase && !purchase.isPaid && entry ? withdrawInvoice(context, entry, note) : [];
}

/** An upgrade that is given up before it counts. */
export function lapseUpgrade(
  context: BillingContext,
  reason: LapseReason,
  note = `${reason}`,
): readonly BillingEvent[] {
  const { upgrade, entries } = context.account;
  if (!upgrade || upgrade.isPaid) return [];
  const { changeId, invoiceId } = upgrade;
  const entry = entries[invoiceId];
  return [
    context.record('UpgradeLapsed', { changeId, invoiceId, reason }),
    ...(entry && entry.status !== 'paid' && entry.status !== 'void' ? withdrawInvoice(context, entry, note) : []),
  ];
}

/**
 * The subscription ends at once, or ended at `at`. What is open for its plan is withdrawn; other lines stay due. It ends first, so
 * that a credit note that settles the rest of a partly paid invoice does not count as a payment of the plan.
 */
export function endSubscription(
  context: BillingContext,
  reason: EndReason,
  { at = context.at, note = `${reason}` }: { readonly at?: Instant; readonly note?: string } = {},
): readonly BillingEvent[] {
  return [
    ...lapseUpgrade(context, 'cancelled'),
    context.record('SubscriptionEnded', { at, reason }),
    ...withdrawRenewal(context, note),
  ];
}

/** An invoice over the plan alone is void. With other lines, the plan is credited and the rest becomes uncollectible. */
function withdrawRenewal(context: BillingContext, reason: string): readonly BillingEvent[] {
  const entry = renewalEntry(context.account);
  if (!entry || entry.status === 'void' || entry.status === 'paid') return [];
  const { invoiceId, lines = [], status, credited } = entry;
  const isPlan = ({ kind }: { readonly kind: string }): boolean => kind === 'plan';
  if (status === 'draft' || lines.every(isPlan)) return withdrawInvoice(context, entry, reason);
  const ofPlan = lines.filter(isPlan).reduce((sum, { amount }) => sum + amount, 0);
  const basis = entry.taxIncluded ? 'gross' : 'net';
  const note = creditNote(context, entry, Math.min(ofPlan, entry[basis] - credited[basis]), 'The plan was not paid.');
  if (note.type !== 'CreditNoteNumbered') return [];
  const isCovered = entry.paid + credited.gross + note.data.gross >= entry.gross;
  return isCovered
    ? [note]
    : [note, context.record('InvoiceStatusChanged', { invoiceId, status: 'uncollectible', reason })];
}

/** Why the plan cannot be changed now, or undefined. */
export function unchangeable({ account }: BillingContext): BillingRefusal | undefined {
  const { subscription, renewal, upgrade } = account;
  if (subscription === undefined)
    return refuse('no_subscription', 'There is no subscription. Subscribe with POST …/subscription.');
  if (subscription.terms === undefined)
    return refuse(
      'no_subscription',
      `Plan ${subscription.plan} was set before billing and is not subscribed to. Subscribe with POST …/subscription.`,
    );
  if (isPastDue(account))
    return refuse('past_due', 'The renewal is past due. Pay its invoice first; then the plan can be changed.');
  if (renewal)
    return refuse('renewal_in_progress', 'The renewal is not paid yet. Change the plan when its invoice is paid.');
  if (upgrade) return refuse('change_pending', 'An upgrade waits for its payment. Pay or withdraw it first.');
  return undefined;
}
