import {
  amount,
  count,
  flag,
  key,
  listOf,
  object,
  oneOf,
  optional,
  recordReader,
  text,
  time,
  type FormsOf,
} from '../stored-form';
import { encodeEvent, type MemberCheck } from '@tallystick/domain/kernel';
import { LINE_KINDS } from '../money/lines';
import { END_REASONS, LAPSE_REASONS, OVERAGE_CHOICES, type BillingEvent, type BillingEventType } from './events';

const period = object({ start: time, end: time });
const length: MemberCheck = (value) => value === 'month' || object({ days: count })(value);
const terms = object({
  plan: key,
  name: text,
  price: object({ amount: count, currency: text }),
  taxIncluded: flag,
  credits: count,
  catalog: text,
  period: length,
  termDays: optional(count),
  upgrade: oneOf(['prorate', 'full']),
  graceHours: count,
});
const provider = oneOf(['manual', 'card']);
export const lines = listOf(
  object({
    kind: oneOf(LINE_KINDS),
    description: text,
    quantity: count,
    unitPrice: text,
    amount,
    period: optional(period),
    credits: optional(count),
    carriedFrom: optional(key),
  }),
);
export const TOTALS = {
  net: amount,
  tax: amount,
  gross: amount,
  taxRate: optional(text),
  reverseCharge: optional(flag),
};
const charge = { chargeId: key, invoiceId: key };
const money = { amount: count, currency: text };

const FORMS: FormsOf<BillingEventType> = {
  BillingOpened: { organizationId: key, currency: text, billingFrom: optional(time), hasCard: optional(flag) },
  SubscriptionAdopted: { plan: key, anchor: time, period: length },
  PaymentMethodSet: { kind: provider, termsDays: optional(count) },
  CardAdded: { paymentMethodId: text },
  CardRemoved: { paymentMethodId: text },
  BillingDetailsChanged: { country: optional(text), hasVatId: flag, hash: text },
  ReviewSet: { on: flag },
  OverageChosen: { overage: oneOf(OVERAGE_CHOICES) },
  SubscriptionRequested: { invoiceId: key, terms, provider, prefix: key },
  UpgradeRequested: {
    ...{ changeId: key, invoiceId: key, terms, provider, at: time },
    ...{ anchor: oneOf(['keep', 'new']), fraction: object({ left: count, of: count }), credits: count },
  },
  UpgradeLapsed: { changeId: key, invoiceId: key, reason: oneOf(LAPSE_REASONS) },
  DowngradeScheduled: { changeId: key, plan: key, at: time },
  DowngradeWithdrawn: { changeId: key },
  CancellationScheduled: { at: time },
  CancellationWithdrawn: {},
  SubscriptionEnded: { at: time, reason: oneOf(END_REASONS) },
  PeriodCloseReceived: { start: time, end: time, revision: count },
  RenewalStarted: { period, terms },
  InvoiceDrafted: {
    ...{ invoiceId: key, cause: oneOf(['subscribe', 'upgrade', 'renewal', 'top-up']), provider, currency: text },
    ...{ taxIncluded: flag, lines, period: optional(period), catalog: text },
  },
  DraftDropped: { invoiceId: key, reason: text },
  LinesCarried: { invoiceId: key, lines },
  InvoiceNumbered: {
    ...{ ...TOTALS, invoiceId: key, number: key, issuedAt: time, dueAt: optional(time) },
    ...{ country: optional(text), detailsHash: optional(text), catalog: text },
  },
  InvoiceStatusChanged: {
    invoiceId: key,
    status: oneOf(['past_due', 'uncollectible', 'void', 'written_off']),
    reason: optional(text),
    retryAt: optional(listOf(time)),
  },
  ChargeRequested: { ...charge, ...money, attempt: count, expiresAt: time },
  ChargeActionRequired: { ...charge, url: text, expiresAt: time },
  ChargeFailed: { ...charge, declineCode: optional(text), hard: flag },
  PaymentReceived: {
    ...{ paymentId: key, invoiceId: key, amount: count, provider, paidAt: time, providerTime: optional(time) },
    ...{ reference: optional(text), reason: optional(text), requestId: optional(text) },
  },
  RefundRequested: {
    ...{ ...charge, ...money, refundId: key, attempt: count },
    reason: oneOf(['invoice_void', 'invoice_paid']),
  },
  PaymentParked: { ...charge, ...money, reason: oneOf(['amount', 'currency', 'unknown_charge']) },
  CreditNoteNumbered: {
    ...{ ...TOTALS, creditNoteId: key, invoiceId: key, number: key, issuedAt: time, reason: text },
    requestId: optional(text),
  },
  TopUpSold: {
    ...{ invoiceId: key, topUp: key, credits: count, reason: text, prefix: key },
    requestId: optional(text),
  },
  PlanPaymentApplied: {
    ...{ effectId: key, invoiceLineId: key, plan: key, anchor: time, period },
    ...{ grantId: optional(key), expiresAt: optional(time) },
  },
  EffectCompleted: { effectId: key },
};

export const BILLING_EVENT_TYPES = Object.keys(FORMS) as readonly BillingEventType[];

/** How the streams of subscriptions are stored and read. */
export const BILLING_RECORDS = {
  decode: recordReader<BillingEvent>(FORMS, { type: 'BillingOpened', description: 'the opening of billing' }),
  encode: (event: BillingEvent) => encodeEvent(event),
};
