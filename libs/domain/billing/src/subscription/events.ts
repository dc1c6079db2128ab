import type { Anchor, EventMetadata, Instant, Money, Period } from '@tallystick/domain/kernel';
import type { Upgrade } from '@tallystick/domain/catalog';
import type { InvoiceLine } from '../money/lines';

/** A plan as it was sold. Later catalogs do not change it. */
export interface SoldTerms {
  readonly plan: string;
  readonly name: string;
  /** Of one period. */
  readonly price: Money;
  readonly taxIncluded: boolean;
  /** Of the package that each period grants. */
  readonly credits: number;
  /** `id@version` */
  readonly catalog: string;
  readonly period: Anchor['length'];
  /** Days from the payment for which a package is usable. Absent: it ends with its period. */
  readonly termDays?: number;
  readonly upgrade: Upgrade;
  /** Hours for which the rest of a package stays usable while its renewal is being charged. */
  readonly graceHours: number;
}

/** How an organization pays: invoices that an operator marks as paid, or charges of its card. */
export type PaymentMethod = { readonly kind: 'manual'; readonly termsDays: number } | { readonly kind: 'card' };
export type PaymentProviderKind = PaymentMethod['kind'];

export type InvoiceCause = 'subscribe' | 'upgrade' | 'renewal' | 'top-up';
export const INVOICE_STATUSES = ['draft', 'open', 'paid', 'past_due', 'uncollectible', 'void', 'written_off'] as const;
export type InvoiceStatus = (typeof INVOICE_STATUSES)[number];
/** `paid` follows from payments and credit notes. The others are decided. */
export type DecidedStatus = 'past_due' | 'uncollectible' | 'void' | 'written_off';

export const OVERAGE_CHOICES = ['none', 'auto', 'pay-as-you-go'] as const;
export type OverageChoice = (typeof OVERAGE_CHOICES)[number];

export const END_REASONS = ['cancelled', 'unpaid', 'void'] as const;
export type EndReason = (typeof END_REASONS)[number];
export const LAPSE_REASONS = ['declined', 'expired', 'period_end', 'cancelled', 'withdrawn', 'void'] as const;
export type LapseReason = (typeof LAPSE_REASONS)[number];

interface OneCharge {
  /** `{invoiceId}.{attempt}` */
  readonly chargeId: string;
  readonly invoiceId: string;
}

/** Amounts of a document, in minor units: net + tax = gross. */
export interface TaxedTotals {
  readonly net: number;
  readonly tax: number;
  readonly gross: number;
  /** Percentage as decimal text. Absent where no tax applies. */
  readonly taxRate?: string;
  readonly reverseCharge?: boolean;
}

/** The data of each event of `subscription-{organizationId}`, by its type. */
export interface BillingFacts {
  BillingOpened: {
    readonly organizationId: string;
    readonly currency: string;
    /** Usage before this instant is never billed. */
    readonly billingFrom?: Instant;
    readonly hasCard?: boolean;
  };
  /** A plan that was set before there was billing. It renews nothing until it is subscribed to. */
  SubscriptionAdopted: { readonly plan: string; readonly anchor: Instant; readonly period: Anchor['length'] };
  PaymentMethodSet: PaymentMethod;
  /** Charges use the card that was added last. */
  CardAdded: { readonly paymentMethodId: string };
  CardRemoved: { readonly paymentMethodId: string };
  /** The details themselves are a record. `hash` names the copy. */
  BillingDetailsChanged: { readonly country?: string; readonly hasVatId: boolean; readonly hash: string };
  ReviewSet: { readonly on: boolean };
  OverageChosen: { readonly overage: OverageChoice };

  /** A first purchase. It counts when its invoice is paid. */
  SubscriptionRequested: {
    readonly invoiceId: string;
    readonly terms: SoldTerms;
    readonly provider: PaymentProviderKind;
    /** Start of the organization's numbers of invoices. */
    readonly prefix: string;
  };
  /** A change to a plan with a higher price. It counts when its invoice is paid. */
  UpgradeRequested: {
    readonly changeId: string;
    readonly invoiceId: string;
    readonly terms: SoldTerms;
    readonly provider: PaymentProviderKind;
    /** The instant for which the change is calculated. */
    readonly at: Instant;
    /** `keep`: prorated within the period. `new`: a new period at the full price. */
    readonly anchor: 'keep' | 'new';
    /** Seconds of the period that were left at `at`, and seconds of the period. */
    readonly fraction: { readonly left: number; readonly of: number };
    /** That the payment grants. */
    readonly credits: number;
  };
  UpgradeLapsed: { readonly changeId: string; readonly invoiceId: string; readonly reason: LapseReason };
  DowngradeScheduled: { readonly changeId: string; readonly plan: string; readonly at: Instant };
  DowngradeWithdrawn: { readonly changeId: string };
  CancellationScheduled: { readonly at: Instant };
  CancellationWithdrawn: Record<string, never>;
  SubscriptionEnded: { readonly at: Instant; readonly reason: EndReason };

  /** The ledger closed a billing period. `revision` is that of the close in `credits-{organizationId}`. */
  PeriodCloseReceived: { readonly start: Instant; readonly end: Instant; readonly revision: number };
  /** The subscription goes on. Its invoice is made when the ledger has closed the period before. */
  RenewalStarted: { readonly period: Period; readonly terms: SoldTerms };

  InvoiceDrafted: {
    readonly invoiceId: string;
    readonly cause: InvoiceCause;
    readonly provider: PaymentProviderKind;
    readonly currency: string;
    readonly taxIncluded: boolean;
    readonly lines: readonly InvoiceLine[];
    readonly period?: Period;
    /** `id@version` of the catalog with the prices. */
    readonly catalog: string;
  };
  DraftDropped: { readonly invoiceId: string; readonly reason: string };
  /** The draft is applied without an invoice: less than the minimum charge is due. The next invoice has the lines. */
  LinesCarried: { readonly invoiceId: string; readonly lines: readonly InvoiceLine[] };
  InvoiceNumbered: TaxedTotals & {
    readonly invoiceId: string;
    readonly number: string;
    readonly issuedAt: Instant;
    /** When an unpaid manual invoice is past due. */
    readonly dueAt?: Instant;
    readonly country?: string;
    readonly detailsHash?: string;
    /** `id@version` of the catalog with the tax rates and the seller. */
    readonly catalog: string;
  };
  InvoiceStatusChanged: {
    readonly invoiceId: string;
    readonly status: DecidedStatus;
    readonly reason?: string;
    /** Of `past_due`: the times of the further attempts. After the last one, the subscription ends. */
    readonly retryAt?: readonly Instant[];
  };

  /** A card is to be charged: the payment provider does it. */
  ChargeRequested: OneCharge & {
    /** 1 for the first one of the invoice. */
    readonly attempt: number;
    readonly amount: number;
    readonly currency: string;
    /** Without an outcome until then, it counts as failed. */
    readonly expiresAt: Instant;
  };
  ChargeActionRequired: OneCharge & { readonly url: string; readonly expiresAt: Instant };
  /** `hard`: no further attempt with this card. */
  ChargeFailed: OneCharge & { readonly declineCode?: string; readonly hard: boolean };
  PaymentReceived: {
    /** The charge's id, or that of a payment by hand. */
    readonly paymentId: string;
    readonly invoiceId: string;
    readonly amount: number;
    readonly provider: PaymentProviderKind;
    readonly paidAt: Instant;
    readonly providerTime?: Instant;
    readonly reference?: string;
    readonly reason?: string;
    readonly requestId?: string;
  };
  /** Money that arrived for an invoice that was not open any more. The payment provider gives it back. */
  RefundRequested: {
    readonly refundId: string;
    readonly chargeId: string;
    readonly invoiceId: string;
    readonly attempt: number;
    readonly amount: number;
    readonly currency: string;
    readonly reason: 'invoice_void' | 'invoice_paid';
  };
  /** Money that does not match its charge. It is not booked; an operator decides. */
  PaymentParked: {
    readonly chargeId: string;
    readonly invoiceId: string;
    readonly amount: number;
    readonly currency: string;
    readonly reason: 'amount' | 'currency' | 'unknown_charge';
  };
  CreditNoteNumbered: TaxedTotals & {
    readonly creditNoteId: string;
    readonly invoiceId: string;
    readonly number: string;
    readonly issuedAt: Instant;
    readonly reason: string;
    readonly requestId?: string;
  };
  /** Paid by hand when it was sold. */
  TopUpSold: {
    readonly invoiceId: string;
    readonly topUp: string;
    readonly credits: number;
    readonly reason: string;
    /** Start of the organization's numbers of invoices. */
    readonly prefix: string;
    readonly requestId?: string;
  };

  /** The ledger's answer to a paid plan line: it starts, renews or upgrades the subscription. Completes the effect. */
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

export type BillingEventType = keyof BillingFacts;

export interface BillingEventOf<Type extends BillingEventType> {
  readonly type: Type;
  readonly data: BillingFacts[Type];
  readonly metadata: EventMetadata;
}

/** Every event of an organization's subscription stream. */
export type BillingEvent = { [Type in BillingEventType]: BillingEventOf<Type> }[BillingEventType];
