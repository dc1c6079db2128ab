import { maxPaymentTermsDays } from '@tallystick/domain/catalog';
import { refuse, type BillingRefusal } from '../../refusals';
import type { BillingCommandOf, BillingDecision } from '../commands';
import type { OverageChoice } from '../events';
import { isPastDue } from '../queries';
import { methodOf, type BillingAccount } from '../state';
import { decided, refused, REPEATED, type BillingContext } from './recorder';
import { chargeNewCard } from './renewal';

export function openBilling(context: BillingContext, command: BillingCommandOf<'OpenBilling'>): BillingDecision {
  const { account, record } = context;
  if (account.taken)
    return refused(
      refuse('stream_taken', 'The stream of this organization belongs to another program. Move that stream.'),
    );
  if (account.opened) return REPEATED;
  const { organizationId, currency, billingFrom, hasCard } = command;
  return decided([
    record('BillingOpened', {
      ...{ organizationId, currency },
      ...(billingFrom !== undefined && { billingFrom }),
      ...(hasCard && { hasCard }),
    }),
  ]);
}

/** Nothing of a plan and an overage mode that were set before billing is taken away. Overage needs a payment method. */
export function adoptLegacy(context: BillingContext, command: BillingCommandOf<'AdoptLegacy'>): BillingDecision {
  const { account, policy, record } = context;
  const { plan, overage } = command;
  if (account.subscription || account.ended || account.purchase || account.overage !== 'none') return REPEATED;
  const isNewMethod = overage !== 'none' && methodOf(account) === 'none';
  const events = [
    ...(plan ? [record('SubscriptionAdopted', { plan: plan.id, anchor: plan.anchor, period: plan.period })] : []),
    ...(overage === 'none' ? [] : [record('OverageChosen', { overage })]),
    ...(isNewMethod ? [record('PaymentMethodSet', { kind: 'manual', termsDays: policy.paymentTermsDays })] : []),
  ];
  return decided(events);
}

/** Overage and open invoices need a payment method: the last one cannot be taken away. */
const isMethodNeeded = ({ hasCard, overage, entries }: BillingAccount): boolean =>
  !hasCard &&
  (overage !== 'none' || Object.values(entries).some(({ status }) => status === 'open' || status === 'past_due'));

const methodInUse = () =>
  refuse(
    'payment_method_in_use',
    'Overage or an open invoice needs the payment method. Switch overage off and pay what is open, or add a card first.',
  );

export function setPaymentMethod(
  { account, policy, record }: BillingContext,
  { method }: BillingCommandOf<'SetPaymentMethod'>,
): BillingDecision {
  const current = account.manual?.termsDays;
  if (method.kind === 'card') {
    if (current === undefined) return REPEATED;
    return isMethodNeeded(account) ? refused(methodInUse()) : decided([record('PaymentMethodSet', method)]);
  }
  const { termsDays } = method;
  const maximum = maxPaymentTermsDays(policy.catalog);
  if (maximum !== undefined && termsDays > maximum)
    return refused(
      refuse(
        'terms_too_long',
        `With ${termsDays} days, the last attempt of dunning comes after the shortest period of the plans. Give at most ${maximum}.`,
        { field: 'paymentTermsDays', rule: 'max', maximum },
      ),
    );
  return current === termsDays ? REPEATED : decided([record('PaymentMethodSet', method)]);
}

/** A message about a card may come twice, and that of an older card after that of a newer one. */
export function noteCard(
  context: BillingContext,
  { added, paymentMethodId }: BillingCommandOf<'NoteCard'>,
): BillingDecision {
  const { account, record } = context;
  const { hasCard, card } = account;
  if (!added) {
    const isCurrent = hasCard && (card === undefined || card === paymentMethodId);
    return isCurrent ? decided([record('CardRemoved', { paymentMethodId })]) : REPEATED;
  }
  if (hasCard && card === paymentMethodId) return REPEATED;
  const withCard = { ...context, account: { ...account, hasCard: true, isCardRefused: false } };
  return decided([record('CardAdded', { paymentMethodId }), ...chargeNewCard(withCard)]);
}

export function setBillingDetails(
  { account, record }: BillingContext,
  { country, hasVatId, hash }: BillingCommandOf<'SetBillingDetails'>,
): BillingDecision {
  if (account.details.hash === hash) return REPEATED;
  return decided([record('BillingDetailsChanged', { ...(country !== undefined && { country }), hasVatId, hash })]);
}

export function setReview({ account, record }: BillingContext, { on }: BillingCommandOf<'SetReview'>): BillingDecision {
  return account.isReviewed === on ? REPEATED : decided([record('ReviewSet', { on })]);
}

export function chooseOverage(
  context: BillingContext,
  { overage }: BillingCommandOf<'ChooseOverage'>,
): BillingDecision {
  const { account, record } = context;
  if (account.overage === overage) return REPEATED;
  const refusal = overage === 'none' ? undefined : unavailableOverage(context, overage);
  return refusal ? refused(refusal) : decided([record('OverageChosen', { overage })]);
}

/** Why overage cannot be switched on, or undefined. */
function unavailableOverage(
  { account, policy }: BillingContext,
  overage: Exclude<OverageChoice, 'none'>,
): BillingRefusal | undefined {
  const offered = policy.catalog.overage;
  const isOffered = overage === 'auto' ? offered?.autoOverage : offered?.payAsYouGo;
  if (!isOffered)
    return refuse(
      'overage_not_offered',
      `The catalog does not offer ${overage === 'auto' ? 'auto overage' : overage}.`,
    );
  if (!offered?.tiers.has(account.currency))
    return refuse(
      'overage_without_prices',
      `There are no overage prices in ${account.currency}. Choose a plan instead.`,
    );
  if (overage === 'auto' && !account.subscription)
    return refuse('overage_needs_plan', 'Auto overage needs a plan. Subscribe to one first.');
  if (overage === 'pay-as-you-go' && account.subscription)
    return refuse(
      'overage_needs_no_plan',
      'Pay-as-you-go is used without a plan. Choose auto, or cancel the plan first.',
    );
  if (methodOf(account) === 'none')
    return refuse(
      'overage_needs_payment_method',
      'Overage is billed later and needs a payment method. Add a card, or ask an operator to set manual payment.',
    );
  return isPastDue(account)
    ? refuse('past_due', 'The renewal is past due. Pay its invoice, then switch overage on.')
    : undefined;
}
