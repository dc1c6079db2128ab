import { periodAt } from '@tallystick/domain/kernel';
import { planLine, termsOf } from '../../money/terms';
import type { BillingEvent, SoldTerms } from '../events';
import { isPastDue, renewalEntry } from '../queries';
import { methodOf, outstandingOf, type BillingAccount, type InvoiceEntry, type RunningSubscription } from '../state';
import { issue, nextDraftId, requestCharge } from './issue';
import type { BillingContext } from './recorder';
import { endSubscription, findPlan } from './sales';

/** The next period begins. Its price is that of the catalog at its start; a plan that is not sold any more keeps its terms. */
export function startRenewal(context: BillingContext, subscription: RunningSubscription): readonly BillingEvent[] {
  const { terms, anchor, period, downgrade } = subscription;
  if (terms === undefined) return [];
  const catalog = context.policy.catalogAt(period.end);
  const plan = findPlan(catalog.plans, downgrade?.plan ?? terms.plan);
  const next: SoldTerms = (plan && termsOf(catalog, plan, terms.price.currency)) ?? terms;
  return [context.record('RenewalStarted', { period: periodAt(anchor, period.end), terms: next })];
}

/** True if the ledger has closed the period before the renewal, so that its invoice can be made. */
export const isReadyToInvoice = ({ renewal, lastClose }: BillingAccount): boolean =>
  renewal !== undefined &&
  renewal.invoiceId === undefined &&
  lastClose !== undefined &&
  lastClose.end >= renewal.period.start;

/** The plan in advance, after the lines that waited for this invoice. */
export function invoiceRenewal(context: BillingContext): readonly BillingEvent[] {
  const { account } = context;
  const { renewal, carried } = account;
  if (!renewal) return [];
  const { period, terms } = renewal;
  return issue(context, {
    invoiceId: nextDraftId(account),
    cause: 'renewal',
    provider: methodOf(account) === 'manual' ? 'manual' : 'card',
    taxIncluded: terms.taxIncluded,
    lines: [planLine(terms, period), ...carried],
    period,
    catalog: terms.catalog,
  });
}

/** After a failed attempt: the subscription ends if there is no further one. */
export const afterAttempt = (context: BillingContext, { retryAt = [] }: InvoiceEntry): readonly BillingEvent[] =>
  retryAt.some((at) => at > context.at) ? [] : endSubscription(context, 'unpaid');

/** The next attempt of dunning, or its end. */
export function continueDunning(context: BillingContext, entry: InvoiceEntry): readonly BillingEvent[] {
  const isEnd = nextAttemptAt(context.account, entry) === undefined;
  return isEnd ? endSubscription(context, 'unpaid') : [requestCharge(context, entry, outstandingOf(entry))];
}

/** Attempts that were missed are made up for by one. Without a card that can be charged, there is none. */
export function nextAttemptAt(account: BillingAccount, entry: InvoiceEntry): string | undefined {
  const { retryAt = [], lastAttemptAt = '', provider } = entry;
  const isChargeable = provider === 'card' && account.hasCard && !account.isCardRefused;
  return isChargeable ? retryAt.find((at) => at > lastAttemptAt) : undefined;
}

/** A new card is charged at once for a renewal that is past due. The schedule stays. */
export function chargeNewCard(context: BillingContext): readonly BillingEvent[] {
  const { account, record } = context;
  const entry = renewalEntry(account);
  if (!entry || !isPastDue(account) || entry.provider !== 'card' || entry.charge?.status === 'requested') return [];
  const { invoiceId, charge } = entry;
  const superseded = charge
    ? [record('ChargeFailed', { chargeId: charge.chargeId, invoiceId, declineCode: 'superseded', hard: false })]
    : [];
  return [...superseded, requestCharge(context, entry, outstandingOf(entry))];
}
