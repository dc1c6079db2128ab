import type { TopUp } from '@tallystick/domain/catalog';
import { decimalText, type Money } from '@tallystick/domain/kernel';
import type { InvoiceLine } from '../../money/lines';
import { refuse } from '../../refusals';
import type { BillingCommandOf, BillingDecision } from '../commands';
import { finalize, invoiced, invoicedBefore, nextDraftId, type DraftOfInvoice } from './issue';
import { decided, refused, REPEATED, type BillingContext } from './recorder';
import { unsellable } from './sales';

/** A top-up that is paid by hand when it is sold. It needs no review and no least amount: the money has arrived. */
export function sellTopUp(context: BillingContext, command: BillingCommandOf<'SellTopUp'>): BillingDecision {
  const { account, policy, now, record } = context;
  const { requestId, reason } = command;
  const known = requestId === undefined ? undefined : account.requests.find((one) => one.requestId === requestId);
  if (known) {
    const entry = account.entries[known.invoiceId];
    return entry ? decided([], invoicedBefore(account, entry)) : REPEATED;
  }
  const topUp = policy.catalog.topUps.find(({ id }) => id === command.topUp);
  const price = topUp?.prices.get(account.currency);
  if (!topUp || !price || price.amount === 0) return refused(notSold(context, command.topUp, topUp));
  const refusal = unsellable(context, price.taxIncluded);
  if (refusal) return refused(refusal);

  const invoiceId = nextDraftId(account);
  const prefix = account.prefix ?? command.prefix;
  const draft: DraftOfInvoice = {
    invoiceId,
    cause: 'top-up',
    provider: 'manual',
    taxIncluded: price.taxIncluded,
    lines: [topUpLine(topUp, { amount: price.amount, currency: account.currency })],
    catalog: policy.catalog.reference,
  };
  const numbered = finalize({ ...context, account: { ...account, prefix } }, draft);
  const made = invoiced(context, numbered);
  const due = made.kind === 'invoiced' ? made.due : { amount: 0, currency: account.currency };
  const { id, credits } = topUp;
  const repeatable = requestId === undefined ? {} : { requestId };
  const events = [
    record('TopUpSold', { invoiceId, topUp: id, credits, reason, prefix, ...repeatable }),
    record('InvoiceDrafted', { ...draft, currency: account.currency }),
    ...numbered,
    record('PaymentReceived', {
      ...{ paymentId: `${invoiceId}.payment.1`, invoiceId, amount: due.amount, provider: 'manual' },
      ...{ paidAt: now, reason },
    }),
  ];
  return decided(events, { ...made, due: { ...due, amount: 0 } } as typeof made);
}

const topUpLine = ({ id, name, credits }: TopUp, price: Money): InvoiceLine => ({
  kind: 'top-up',
  description: name,
  quantity: 1,
  unitPrice: decimalText(price),
  amount: price.amount,
  topUp: id,
  credits,
});

function notSold({ policy, account }: BillingContext, id: string, topUp: TopUp | undefined) {
  const known = policy.catalog.topUps.map((one) => one.id).join(', ') || 'none';
  if (!topUp)
    return refuse('unknown_top_up', `The catalog has no top-up ${id}. It has ${known}.`, {
      field: 'topUp',
      rule: 'known',
    });
  const currencies = [...topUp.prices.keys()].join(', ') || 'no currency';
  return refuse('not_sold_in_currency', `Top-up ${id} is not sold in ${account.currency}, but in ${currencies}.`, {
    ...{ field: 'topUp', rule: 'sold' },
  });
}
