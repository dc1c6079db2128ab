import { planLine } from '../../money/terms';
import { refuse } from '../../refusals';
import type { BillingCommandOf, BillingDecision } from '../commands';
import { methodOf, type PendingSubscribe } from '../state';
import { finalize, invoiced, invoicedBefore, issue, nextDraftId } from './issue';
import { decided, refused, type BillingContext } from './recorder';
import { isRefusal, lapsePurchase, noPaymentMethod, termsNow, unsellable } from './sales';

/** A first purchase. It counts when its invoice is paid; one that is still open is void. */
export function subscribe(context: BillingContext, command: BillingCommandOf<'Subscribe'>): BillingDecision {
  const { account, policy, record } = context;
  const { plan, currency = account.currency, prefix } = command;
  if (currency !== account.currency)
    return refused(
      refuse(
        'currency_mismatch',
        `The organization pays in ${account.currency}. Leave the currency out, or give this one.`,
        {
          field: 'currency',
          rule: 'currency',
        },
      ),
    );
  const terms = termsNow(context, plan);
  if (isRefusal(terms)) return refused(terms);
  if (account.subscription?.terms || account.purchase?.isPaid)
    return refused(alreadyActive(account.subscription?.plan));
  const refusal = unsellable(context, terms.taxIncluded);
  if (refusal) return refused(refusal);
  const method = command.provider ?? methodOf(account);
  if (method === 'none') return refused(noPaymentMethod());
  const { purchase } = account;
  const inProgress = purchase && whileCharging(context, purchase, plan);
  if (inProgress) return inProgress;

  // Renewals are then paid by hand, too.
  const isNewMethod = method === 'manual' && account.manual === undefined;
  const methodSet = isNewMethod
    ? [record('PaymentMethodSet', { kind: 'manual', termsDays: policy.paymentTermsDays })]
    : [];
  const invoiceId = nextDraftId(account);
  const { taxIncluded, catalog } = terms;
  const requested = { invoiceId, terms, provider: method, prefix: account.prefix ?? prefix };
  const withPrefix = { ...context, account: { ...account, prefix: requested.prefix } };
  const events = [
    ...lapsePurchase(context, 'withdrawn'),
    ...methodSet,
    record('SubscriptionRequested', requested),
    ...issue(withPrefix, {
      ...{ invoiceId, cause: 'subscribe', provider: method, taxIncluded, catalog },
      lines: [planLine(terms)],
    }),
  ];
  return decided(events, invoiced(context, events, { plan }));
}

const alreadyActive = (plan = '') =>
  refuse(
    'subscription_active',
    `Plan ${plan} is active. Change it with POST …/subscription/changes, or cancel it first.`.replace('  ', ' '),
  );

/** A second request while the card is being charged for the first one must not charge it twice. */
function whileCharging(context: BillingContext, purchase: PendingSubscribe, plan: string): BillingDecision | undefined {
  const entry = context.account.entries[purchase.invoiceId];
  if (entry?.charge?.status !== 'requested') return undefined;
  return purchase.terms.plan === plan
    ? decided([], invoicedBefore(context.account, entry, { plan }))
    : refused(chargeInProgress());
}

export const chargeInProgress = () =>
  refuse('charge_in_progress', 'A charge for the invoice is being processed. Try again when it has ended.');

/** An operator has checked the draft: it becomes an invoice. */
export function releaseDraft(
  context: BillingContext,
  { invoiceId }: BillingCommandOf<'ReleaseDraft'>,
): BillingDecision {
  const { account } = context;
  const entry = account.entries[invoiceId];
  if (!entry) return refused(unknownDraft(invoiceId));
  if (entry.status !== 'draft') return decided([], invoicedBefore(account, entry));
  if (entry.cause !== 'renewal' && entry.provider === 'card' && methodOf(account) === 'none')
    return refused(noPaymentMethod());
  const { cause, provider, taxIncluded, lines = [], catalog } = entry;
  const events = finalize(context, { invoiceId, cause, provider, taxIncluded, lines, catalog });
  return decided(events, invoiced(context, events));
}

export const unknownDraft = (invoiceId: string) =>
  refuse('unknown_draft', `There is no draft ${invoiceId}. List the drafts with GET …/invoices?status=draft.`);
