import type { EventMessage } from '@tallystick/contracts/ledger';
import type { Instant, Money, Period } from '@tallystick/domain/kernel';
import type { RequestedCharge } from './payments-events';

// The published form of the events of subscriptions and invoices, on the topic billing.events. It has versions of its own: the
// stored form may change without it. `published-events.ts` of billing maps one to the other.

type PeriodLength = 'month' | { readonly days: number };
type Provider = 'manual' | 'card';
type DecidedInvoiceStatus = 'past_due' | 'uncollectible' | 'void' | 'written_off';
type Cause = 'subscribe' | 'upgrade' | 'renewal' | 'top-up';

/** A plan as it was sold. */
export interface PublishedTerms {
  readonly plan: string;
  readonly name: string;
  readonly price: Money;
  readonly taxIncluded: boolean;
  readonly credits: number;
  /** `id@version` */
  readonly catalog: string;
  readonly period: PeriodLength;
  readonly termDays?: number;
  readonly upgrade: 'prorate' | 'full';
  readonly graceHours: number;
}

/** net + tax = gross, in minor units. */
export interface PublishedTotals {
  readonly net: number;
  readonly tax: number;
  readonly gross: number;
  /** In percent, as a decimal. */
  readonly taxRate?: string;
  readonly reverseCharge?: boolean;
}

export interface PublishedLine {
  readonly kind: 'plan' | 'proration' | 'usage' | 'top-up' | 'carried';
  readonly description: string;
  readonly quantity: number;
  /** In the major unit, as a decimal. */
  readonly unitPrice: string;
  /** In minor units. */
  readonly amount: number;
  readonly period?: Period;
  readonly plan?: string;
  readonly topUp?: string;
  readonly credits?: number;
  readonly carriedFrom?: string;
}

interface ChargeOfInvoice {
  readonly chargeId: string;
  readonly invoiceId: string;
}

type Nothing = Readonly<Record<never, never>>;

/** The data of each event of `subscription-…` by its type. */
export interface SubscriptionEvents {
  BillingOpened: {
    readonly organizationId: string;
    readonly currency: string;
    readonly billingFrom?: Instant;
    readonly hasCard?: boolean;
  };
  SubscriptionAdopted: { readonly plan: string; readonly anchor: Instant; readonly period: PeriodLength };
  PaymentMethodSet: { readonly kind: 'manual'; readonly termsDays: number } | { readonly kind: 'card' };
  CardAdded: { readonly paymentMethodId: string };
  CardRemoved: { readonly paymentMethodId: string };
  /** `hash`: of the details, which are not published. */
  BillingDetailsChanged: { readonly country?: string; readonly hasVatId: boolean; readonly hash: string };
  ReviewSet: { readonly on: boolean };
  OverageChosen: { readonly overage: 'none' | 'auto' | 'pay-as-you-go' };
  SubscriptionRequested: {
    readonly invoiceId: string;
    readonly terms: PublishedTerms;
    readonly provider: Provider;
    readonly prefix: string;
  };
  UpgradeRequested: {
    readonly changeId: string;
    readonly invoiceId: string;
    readonly terms: PublishedTerms;
    readonly provider: Provider;
    readonly at: Instant;
    /** `new`: a new period at the full price. */
    readonly anchor: 'keep' | 'new';
    /** Seconds of the period that are left, and all of them. */
    readonly fraction: { readonly left: number; readonly of: number };
    readonly credits: number;
  };
  UpgradeLapsed: {
    readonly changeId: string;
    readonly invoiceId: string;
    readonly reason: 'declined' | 'expired' | 'period_end' | 'cancelled' | 'withdrawn' | 'void';
  };
  DowngradeScheduled: { readonly changeId: string; readonly plan: string; readonly at: Instant };
  DowngradeWithdrawn: { readonly changeId: string };
  CancellationScheduled: { readonly at: Instant };
  CancellationWithdrawn: Nothing;
  SubscriptionEnded: { readonly at: Instant; readonly reason: 'cancelled' | 'unpaid' | 'void' };
  PeriodCloseReceived: { readonly start: Instant; readonly end: Instant; readonly revision: number };
  RenewalStarted: { readonly period: Period; readonly terms: PublishedTerms };
  InvoiceDrafted: {
    readonly invoiceId: string;
    readonly cause: Cause;
    readonly provider: Provider;
    readonly currency: string;
    readonly taxIncluded: boolean;
    readonly lines: readonly PublishedLine[];
    readonly period?: Period;
    readonly catalog: string;
  };
  DraftDropped: { readonly invoiceId: string; readonly reason: string };
  /** Too little is due for an invoice: the next one has the lines. */
  LinesCarried: { readonly invoiceId: string; readonly lines: readonly PublishedLine[] };
  InvoiceNumbered: PublishedTotals & {
    readonly invoiceId: string;
    readonly number: string;
    readonly issuedAt: Instant;
    readonly dueAt?: Instant;
    readonly country?: string;
    readonly detailsHash?: string;
    /** `id@version`, of the tax rates and the seller. */
    readonly catalog: string;
  };
  InvoiceStatusChanged: {
    readonly invoiceId: string;
    readonly status: DecidedInvoiceStatus;
    readonly reason?: string;
    /** Of a renewal that is past due: when it is tried again. */
    readonly retryAt?: readonly Instant[];
  };
  /** The card provider charges the card and reports it on payments.events. */
  ChargeRequested: RequestedCharge & { readonly expiresAt: Instant };
  ChargeActionRequired: ChargeOfInvoice & { readonly url: string; readonly expiresAt: Instant };
  ChargeFailed: ChargeOfInvoice & { readonly declineCode?: string; readonly hard: boolean };
  PaymentReceived: {
    readonly paymentId: string;
    readonly invoiceId: string;
    readonly amount: number;
    readonly provider: Provider;
    readonly paidAt: Instant;
    readonly providerTime?: Instant;
    readonly reference?: string;
    readonly reason?: string;
    /** Recognizes a repeated request. */
    readonly requestId?: string;
  };
  /** Money came for an invoice that was not open any more: the card provider gives it back. */
  RefundRequested: RequestedCharge & {
    readonly refundId: string;
    readonly reason: 'invoice_void' | 'invoice_paid';
  };
  PaymentParked: ChargeOfInvoice & {
    readonly amount: number;
    readonly currency: string;
    readonly reason: 'amount' | 'currency' | 'unknown_charge';
  };
  CreditNoteNumbered: PublishedTotals & {
    readonly creditNoteId: string;
    readonly invoiceId: string;
    readonly number: string;
    readonly issuedAt: Instant;
    readonly reason: string;
    readonly requestId?: string;
  };
  TopUpSold: {
    readonly invoiceId: string;
    readonly topUp: string;
    readonly credits: number;
    readonly reason: string;
    readonly prefix: string;
    readonly requestId?: string;
  };
  PlanPaymentApplied: {
    readonly effectId: string;
    readonly invoiceLineId: string;
    readonly plan: string;
    readonly anchor: Instant;
    readonly period: Period;
    readonly grantId?: string;
    readonly expiresAt?: Instant;
  };
  EffectCompleted: { readonly effectId: string };
}

/** The data of each event of `invoice-…` by its type. */
export interface InvoiceEvents {
  /** `partiesHash`: of seller and buyer, which are not published. */
  InvoiceFinalized: PublishedTotals & {
    readonly invoiceId: string;
    readonly organizationId: string;
    readonly number: string;
    readonly cause: Cause;
    readonly provider: Provider;
    readonly currency: string;
    readonly taxIncluded: boolean;
    readonly lines: readonly PublishedLine[];
    readonly period?: Period;
    readonly issuedAt: Instant;
    readonly dueAt?: Instant;
    readonly country?: string;
    readonly detailsHash?: string;
    readonly catalog: string;
    readonly partiesHash: string;
  };
  PaymentRecorded: {
    readonly paymentId: string;
    readonly amount: number;
    readonly provider: Provider;
    readonly paidAt: Instant;
    readonly providerTime?: Instant;
    readonly reference?: string;
  };
  InvoiceStatusSet: { readonly status: DecidedInvoiceStatus; readonly reason?: string };
  CreditNoteIssued: PublishedTotals & {
    readonly creditNoteId: string;
    readonly number: string;
    readonly issuedAt: Instant;
    readonly reason: string;
  };
}

export interface BillingEvents extends SubscriptionEvents, InvoiceEvents {}

export type PublishedBillingEvent = keyof BillingEvents;

/** A message of billing.events. */
export type BillingMessageOf<Type extends PublishedBillingEvent> = EventMessage<Type, BillingEvents[Type]>;

export type BillingMessage = { [Type in PublishedBillingEvent]: BillingMessageOf<Type> }[PublishedBillingEvent];
