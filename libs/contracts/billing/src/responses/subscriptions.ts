import type { Instant, Money, Period } from '@tallystick/domain/kernel';

/** The subscription of an organization. Members that do not apply are null. */
export interface SubscriptionResponse {
  readonly organizationId: string;
  /** `legacy`: a plan that was set before there was billing. It renews nothing until it is subscribed to. */
  readonly status: 'none' | 'legacy' | 'active' | 'past_due' | 'ended';
  readonly plan: string | null;
  readonly currency: string | null;
  /** Of one period, as sold. */
  readonly price: Money | null;
  /** Credits of one period, as sold. */
  readonly credits: number | null;
  /** The instant from which periods are counted. */
  readonly anchor: Instant | null;
  /** The current one. */
  readonly period: Period | null;
  /** While a renewal is not paid, this is the start of the current period. */
  readonly paidThrough: Instant | null;
  /** When the subscription ends, after a cancellation. */
  readonly cancelsAt: Instant | null;
  /** The plan of a scheduled downgrade. */
  readonly nextPlan: string | null;
  readonly nextPlanAt: Instant | null;
  /** Of the scheduled downgrade, or of the upgrade that is not paid: by this id it can be withdrawn. */
  readonly changeId: string | null;
  /** An upgrade or a first purchase whose invoice is not paid yet. */
  readonly pending: PendingPurchase | null;
  readonly endedAt: Instant | null;
  readonly autoOverage: boolean;
  readonly payAsYouGo: boolean;
  readonly paymentMethod: 'manual' | 'card' | 'none';
  readonly paymentTermsDays: number | null;
  /** `id@version` of the catalog with the plan as it was sold. */
  readonly catalogVersion: string | null;
  readonly revision: number;
}

/** A purchase that counts when its invoice is paid. */
export interface PendingPurchase {
  readonly plan: string;
  readonly invoice: string | null;
  readonly invoiceId: string;
  readonly due: Money;
}

export interface SubscribedResponse {
  readonly organizationId: string;
  readonly status: 'awaiting_payment';
  /** The number of the invoice; null while its draft waits for review. */
  readonly invoice: string | null;
  readonly invoiceId: string;
  readonly due: Money;
  readonly revision: number;
}

/** A line of an offer or of an invoice. Amounts are in minor units, in the basis of the prices. */
export interface BillingLine {
  readonly kind: 'plan' | 'proration' | 'usage' | 'top-up' | 'carried';
  readonly description: string;
  readonly quantity: number;
  /** In the major unit, as a decimal. */
  readonly unitPrice: string;
  readonly amount: number;
  readonly period: Period | null;
}

/** A change of plan and what it costs. Nothing is stored until it is confirmed. */
export interface PlanChangeOffer {
  readonly id: string;
  readonly kind: 'upgrade' | 'downgrade';
  readonly plan: string;
  /** When the change takes effect. */
  readonly at: Instant;
  readonly lines: readonly BillingLine[];
  readonly due: Money;
  /** Credits that are granted in this period. */
  readonly credits: number;
  /** Until when the offer can be confirmed. */
  readonly expiresAt: Instant;
}

export interface PlanChangeResponse {
  readonly organizationId: string;
  /** The id of the change. */
  readonly id: string;
  readonly kind: 'upgrade' | 'downgrade';
  readonly plan: string;
  readonly at: Instant;
  /** The number of the invoice; null where nothing is due, or while its draft waits for review. */
  readonly invoice: string | null;
  readonly due: Money;
  readonly revision: number;
}

export interface OverageResponse {
  readonly organizationId: string;
  readonly mode: 'none' | 'auto' | 'pay-as-you-go';
  readonly revision: number;
}

/** Members that are not set are null. */
export interface BillingDetailsResponse {
  readonly organizationId: string;
  readonly name: string | null;
  readonly address: string | null;
  readonly country: string | null;
  readonly vatId: string | null;
  readonly email: string | null;
  readonly revision: number;
}

export interface PaymentMethodResponse {
  readonly organizationId: string;
  readonly kind: 'manual' | 'card' | 'none';
  readonly paymentTermsDays: number | null;
  readonly revision: number;
}

export interface ReviewResponse {
  readonly organizationId: string;
  readonly on: boolean;
  readonly revision: number;
}
