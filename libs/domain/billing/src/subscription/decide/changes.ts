import { millisecondsOf, MINUTE, periodAt } from '@tallystick/domain/kernel';
import { refuse } from '../../refusals';
import type { BillingCommandOf, BillingDecision } from '../commands';
import { methodOf } from '../state';
import { invoiced, invoicedBefore, issue, nextDraftId } from './issue';
import { calculateOffer, decodeOffer, type CalculatedOffer } from './offers';
import { decided, refused, REPEATED, type BillingContext } from './recorder';
import { endSubscription, isRefusal, lapsePurchase, lapseUpgrade, noPaymentMethod } from './sales';

/** An offer is confirmed as it was made, or refused with a new one. */
export function confirmChange(
  context: BillingContext,
  { changeId }: BillingCommandOf<'ConfirmChange'>,
): BillingDecision {
  const { account, policy, now } = context;
  const { downgrade } = account.subscription ?? {};
  if (downgrade?.changeId === changeId) return decided([], { kind: 'scheduled', ...downgrade, repeated: true });
  const entry = account.upgrade?.changeId === changeId ? account.entries[account.upgrade.invoiceId] : undefined;
  if (entry) return decided([], invoicedBefore(account, entry, { changeId, plan: account.upgrade?.terms.plan }));
  const id = decodeOffer(changeId);
  if (!id || id.organizationId !== account.organizationId) return refused(unknownChange(changeId));
  const age = millisecondsOf(now) - millisecondsOf(id.at);
  const current = calculateOffer(context, id.plan, now);
  if (isRefusal(current)) return refused(current);
  const isCurrent = id.revision === account.termsRevision && age >= 0 && age <= policy.offerMinutes * MINUTE;
  const offered = isCurrent ? calculateOffer(context, id.plan, id.at) : current;
  if (isRefusal(offered)) return refused(offered);
  if (!isCurrent || offered.offer.id !== changeId)
    return refused(
      refuse('change_expired', 'The offer does not hold any more. Confirm the new one.', { offer: current.offer }),
    );
  return offered.offer.kind === 'downgrade' ? scheduleDowngrade(context, offered) : upgrade(context, offered);
}

const unknownChange = (changeId: string) =>
  refuse(
    'unknown_change',
    `There is no change ${changeId} of this organization. Preview one with POST …/subscription/changes.`,
  );

function scheduleDowngrade({ record }: BillingContext, { offer }: CalculatedOffer): BillingDecision {
  const { id: changeId, plan, at } = offer;
  const scheduled = { changeId, plan, at };
  return decided([record('DowngradeScheduled', scheduled)], { kind: 'scheduled', ...scheduled });
}

/** It counts when it is paid. Until then nothing changes. */
function upgrade(context: BillingContext, { offer, terms, anchor, fraction }: CalculatedOffer): BillingDecision {
  const { account, record } = context;
  const { id: changeId, at, lines, credits, plan } = offer;
  const method = methodOf(account);
  if (method === 'none') return refused(noPaymentMethod());
  const invoiceId = nextDraftId(account);
  const { taxIncluded, catalog } = terms;
  const events = [
    record('UpgradeRequested', { changeId, invoiceId, terms, provider: method, at, anchor, fraction, credits }),
    ...issue(context, { invoiceId, cause: 'upgrade', provider: method, taxIncluded, lines, catalog }),
  ];
  return decided(events, invoiced(context, events, { changeId, plan, at }));
}

/** Takes back a scheduled downgrade, or an upgrade that is not paid. */
export function withdrawChange(
  context: BillingContext,
  { changeId }: BillingCommandOf<'WithdrawChange'>,
): BillingDecision {
  const { subscription, upgrade } = context.account;
  if (subscription?.downgrade?.changeId === changeId)
    return decided([context.record('DowngradeWithdrawn', { changeId })]);
  if (upgrade?.changeId === changeId && !upgrade.isPaid) return decided(lapseUpgrade(context, 'withdrawn'));
  const id = decodeOffer(changeId);
  return id?.organizationId === context.account.organizationId ? REPEATED : refused(unknownChange(changeId));
}

/** At the end of the period that is paid, or of the one whose invoice is open. A subscription that is past due ends at once. */
export function cancelSubscription(
  context: BillingContext,
  { when }: BillingCommandOf<'CancelSubscription'>,
): BillingDecision {
  const { account, record, now } = context;
  const { subscription, renewal, purchase, ended } = account;
  if (!subscription) {
    const withdrawn = purchase ? lapsePurchase(context, 'cancelled') : [];
    if (withdrawn.length > 0) return decided(withdrawn);
    return ended ? REPEATED : refused(noSubscription());
  }
  const isPastDue = renewal?.invoiceId !== undefined && account.entries[renewal.invoiceId]?.status === 'past_due';
  const { terms, anchor, period } = subscription;
  // Nothing renews a plan that was set before billing, so its current period is not recorded.
  const end = renewal?.period.end ?? (terms ? period : periodAt(anchor, now)).end;
  if (when === 'now' || isPastDue || end <= now) return decided(endSubscription(context, 'cancelled'));
  if (subscription.cancelsAt !== undefined) return REPEATED;
  return decided([...lapseUpgrade(context, 'cancelled'), record('CancellationScheduled', { at: end })]);
}

const noSubscription = () => refuse('no_subscription', 'There is no subscription. Subscribe with POST …/subscription.');

export function resumeSubscription({ account, record }: BillingContext): BillingDecision {
  const { subscription } = account;
  if (!subscription) return refused(noSubscription());
  return subscription.cancelsAt === undefined ? REPEATED : decided([record('CancellationWithdrawn', {})]);
}
