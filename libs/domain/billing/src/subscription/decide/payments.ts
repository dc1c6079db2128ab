import { HOUR, plusMilliseconds } from '@tallystick/domain/kernel';
import { refuse, type BillingRefusal } from '../../refusals';
import type { BillingAnswer, BillingCommandOf, BillingDecision, ChargeOutcome } from '../commands';
import type { BillingEvent } from '../events';
import { findEntry, outstandingOf, type BillingAccount, type InvoiceEntry } from '../state';
import { pastDue } from './issue';
import { decided, refused, REPEATED, type BillingContext } from './recorder';
import { afterAttempt } from './renewal';
import { lapsePurchase, lapseUpgrade } from './sales';
import { chargeInProgress } from './subscribe';

/** The invoice of an operator's command, if money can be received for it. */
export function payable({ account }: BillingContext, invoice: string): InvoiceEntry | BillingRefusal {
  const entry = findEntry(account, invoice);
  if (!entry)
    return refuse('unknown_invoice', `There is no invoice ${invoice}. List the invoices with GET …/invoices.`);
  if (entry.status === 'draft')
    return refuse('invoice_draft', 'The invoice is a draft. Release it with POST /v1/ops/drafts/{id}/release first.');
  if (entry.status === 'paid') return refuse('invoice_paid', `Invoice ${entry.number} is paid. Nothing is due.`);
  if (entry.status === 'void')
    return refuse('invoice_not_open', `Invoice ${entry.number} is void. Return the money, or sell the plan again.`);
  return entry;
}

export const isEntryRefusal = (value: InvoiceEntry | BillingRefusal): value is BillingRefusal => 'code' in value;

const nextPaymentId = ({ invoiceId, payments }: InvoiceEntry): string => `${invoiceId}.payment.${payments + 1}`;

/** Money that an operator has received. */
export function recordPayment(context: BillingContext, command: BillingCommandOf<'RecordPayment'>): BillingDecision {
  const { account, now, record } = context;
  const { requestId, reference, reason, paidAt = now } = command;
  const known = requestId === undefined ? undefined : account.requests.find((one) => one.requestId === requestId);
  if (known) return recordedBefore(account, known.invoiceId, known.documentId, known.totals.gross);
  const entry = payable(context, command.invoice);
  if (isEntryRefusal(entry)) return refused(entry);
  if (entry.charge?.status === 'requested') return refused(chargeInProgress());
  const outstanding = outstandingOf(entry);
  const { amount = outstanding } = command;
  const wrong = wrongAmount(amount, outstanding) ?? (paidAt > now ? inTheFuture() : undefined);
  if (wrong) return refused(wrong);
  const { invoiceId } = entry;
  const payment = record('PaymentReceived', {
    ...{ paymentId: nextPaymentId(entry), invoiceId, amount, provider: 'manual', paidAt, reason },
    ...(reference !== undefined && { reference }),
    ...(requestId !== undefined && { requestId }),
  });
  return decided([payment], recorded(account, entry, nextPaymentId(entry), amount, outstanding - amount));
}

const inTheFuture = () =>
  refuse('invalid_command', 'Give a time of payment that is not in the future.', { field: 'paidAt', rule: 'past' });

export function wrongAmount(amount: number, maximum: number): BillingRefusal | undefined {
  if (!Number.isSafeInteger(amount) || amount <= 0)
    return refuse('invalid_command', 'Give a whole number of minor units above 0.', { field: 'amount', rule: 'range' });
  if (amount <= maximum) return undefined;
  return refuse('amount_too_high', `Give at most ${maximum} minor units: no more is left of the invoice.`, {
    ...{ field: 'amount', rule: 'max', maximum },
  });
}

function recorded(
  { currency }: BillingAccount,
  { invoiceId, number = '' }: InvoiceEntry,
  paymentId: string,
  amount: number,
  due: number,
): BillingAnswer {
  return { kind: 'payment-recorded', paymentId, invoiceId, number, amount, due: { amount: due, currency } };
}

function recordedBefore(
  account: BillingAccount,
  invoiceId: string,
  paymentId: string,
  amount: number,
): BillingDecision {
  const entry = account.entries[invoiceId];
  if (!entry) return REPEATED;
  const answer = recorded(account, entry, paymentId, amount, Math.max(0, outstandingOf(entry)));
  return decided([], { ...answer, repeated: true } as BillingAnswer);
}

/** The payment provider reports the outcome of a charge, possibly more than once and late. */
export function noteChargeOutcome(
  context: BillingContext,
  { chargeId, outcome }: BillingCommandOf<'NoteChargeOutcome'>,
): BillingDecision {
  const invoiceId = chargeId.slice(0, Math.max(0, chargeId.lastIndexOf('.')));
  const entry = context.account.entries[invoiceId];
  if (!entry)
    return refused(
      refuse('unknown_invoice', `There is no invoice of charge ${chargeId}. An operator attributes the payment.`),
    );
  if (outcome.kind === 'paid') return decided(moneyReceived(context, entry, chargeId, outcome));
  const { charge } = entry;
  if (charge?.chargeId !== chargeId) return REPEATED;
  if (outcome.kind === 'failed') return decided(chargeFailed(context, entry, chargeId, outcome));
  if (charge.status === 'action_required' && charge.url === outcome.url) return REPEATED;
  return decided([actionRequired(context, entry, chargeId, outcome.url)]);
}

function actionRequired(
  { policy, now, record, account }: BillingContext,
  { invoiceId, charge }: InvoiceEntry,
  chargeId: string,
  url: string,
): BillingEvent {
  const isFirstOfRenewal = account.renewal?.invoiceId === invoiceId && charge?.attempt === 1;
  const expiresAt = isFirstOfRenewal ? charge.expiresAt : plusMilliseconds(now, policy.confirmationHours * HOUR);
  return record('ChargeActionRequired', { chargeId, invoiceId, url, expiresAt });
}

type MoneyReceived = Extract<ChargeOutcome, { readonly kind: 'paid' }>;

/** Booked to its invoice; returned if that is not open any more; parked if it is not the money that was asked for. */
function moneyReceived(
  { account, now, record }: BillingContext,
  entry: InvoiceEntry,
  chargeId: string,
  { amount, currency, providerTime, reference }: MoneyReceived,
): readonly BillingEvent[] {
  const { invoiceId, status, charge, attempts, endedCharges = [] } = entry;
  if (endedCharges.includes(chargeId)) return [];
  const money = { chargeId, invoiceId, amount, currency };
  const attempt = Number(chargeId.slice(invoiceId.length + 1));
  const isKnown = Number.isInteger(attempt) && attempt >= 1 && attempt <= attempts;
  if (!isKnown) return [record('PaymentParked', { ...money, reason: 'unknown_charge' })];
  if (currency !== account.currency) return [record('PaymentParked', { ...money, reason: 'currency' })];
  if (status === 'void' || status === 'paid') {
    const reason = status === 'void' ? 'invoice_void' : 'invoice_paid';
    return [record('RefundRequested', { refundId: `${chargeId}.refund`, attempt: 1, ...money, reason })];
  }
  const expected = charge?.chargeId === chargeId ? charge.amount : outstandingOf(entry);
  if (amount !== expected || amount > outstandingOf(entry))
    return [record('PaymentParked', { ...money, reason: 'amount' })];
  return [
    record('PaymentReceived', {
      ...{ paymentId: chargeId, invoiceId, amount, provider: 'card', paidAt: now, providerTime },
      ...(reference !== undefined && { reference }),
    }),
  ];
}

/** A purchase or an upgrade changes nothing. A renewal becomes past due, or ends with the last attempt. */
function chargeFailed(
  context: BillingContext,
  entry: InvoiceEntry,
  chargeId: string,
  { declineCode, hard }: Extract<ChargeOutcome, { readonly kind: 'failed' }>,
): readonly BillingEvent[] {
  const { invoiceId, status } = entry;
  const { purchase, upgrade, renewal } = context.account;
  const failed = context.record('ChargeFailed', {
    ...{ chargeId, invoiceId, hard },
    ...(declineCode !== undefined && { declineCode }),
  });
  if (purchase?.invoiceId === invoiceId) return [failed, ...lapsePurchase(context, 'declined')];
  if (upgrade?.invoiceId === invoiceId) return [failed, ...lapseUpgrade(context, 'declined')];
  if (renewal?.invoiceId !== invoiceId) return [failed];
  return [failed, ...(status === 'open' ? [pastDue(context, invoiceId, 'declined')] : afterAttempt(context, entry))];
}
