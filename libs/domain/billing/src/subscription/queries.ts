import { periodAt, type Anchor, type Instant, type Money, type Period } from '@tallystick/domain/kernel';
import type { InvoiceLine } from '../money/lines';
import type { PendingEffect } from './effects';
import type { EndReason, OverageChoice, SoldTerms } from './events';
import { dueOf, methodOf, type BillingAccount, type InvoiceEntry } from './state';

/** A change of plan and what it costs. Nothing is stored until it is confirmed. */
export interface ChangeOffer {
  readonly id: string;
  readonly kind: 'upgrade' | 'downgrade';
  readonly plan: string;
  /** When it takes effect: an upgrade when it is paid, a downgrade at the period's end. */
  readonly at: Instant;
  readonly lines: readonly InvoiceLine[];
  /** To be charged now, with tax. 0 if the lines wait for the next invoice. */
  readonly due: Money;
  /** That are granted for the rest of the period. */
  readonly credits: number;
  readonly expiresAt: Instant;
}

export type SubscriptionStatus = 'none' | 'legacy' | 'active' | 'past_due' | 'ended';

export function statusOf(account: BillingAccount): SubscriptionStatus {
  const { subscription, ended } = account;
  if (subscription === undefined) return ended === undefined ? 'none' : 'ended';
  if (subscription.terms === undefined) return 'legacy';
  return isPastDue(account) ? 'past_due' : 'active';
}

/** True if the first payment of the renewal has failed. */
export const isPastDue = (account: BillingAccount): boolean => renewalEntry(account)?.status === 'past_due';

/** The invoice or draft of the renewal that is not paid. */
export const renewalEntry = ({ renewal, entries }: BillingAccount): InvoiceEntry | undefined =>
  renewal?.invoiceId === undefined ? undefined : entries[renewal.invoiceId];

/** A subscription as it is shown. Members that do not apply are absent. */
export interface SubscriptionSummary {
  readonly status: SubscriptionStatus;
  readonly plan?: string;
  readonly currency: string;
  /** Of one period, as sold. */
  readonly price?: Money;
  readonly credits?: number;
  readonly anchor?: Anchor;
  /** The current period. While its renewal is not paid, `paidThrough` is its start. */
  readonly period?: Period;
  readonly paidThrough?: Instant;
  readonly cancelsAt?: Instant;
  readonly downgrade?: { readonly changeId: string; readonly plan: string; readonly at: Instant };
  readonly endedAt?: Instant;
  readonly endReason?: EndReason;
  /** A first purchase or an upgrade that is not paid. */
  readonly pending?: {
    readonly plan: string;
    readonly invoiceId: string;
    readonly number?: string;
    readonly due: Money;
    readonly changeId?: string;
  };
  readonly overage: OverageChoice;
  readonly paymentMethod: 'manual' | 'card' | 'none';
  readonly paymentTermsDays?: number;
  /** `id@version` of the catalog with the plan as it was sold. */
  readonly catalogVersion?: string;
}

export function subscriptionSummary(account: BillingAccount, now: Instant): SubscriptionSummary {
  const { subscription, renewal, ended, currency, manual } = account;
  const terms = subscription?.terms;
  const pending = pendingPurchase(account);
  return {
    status: statusOf(account),
    currency,
    ...(subscription && {
      plan: subscription.plan,
      anchor: subscription.anchor,
      period: terms ? (renewal?.period ?? subscription.period) : periodAt(subscription.anchor, now),
      ...(terms && { paidThrough: subscription.period.end }),
      ...(subscription.cancelsAt !== undefined && { cancelsAt: subscription.cancelsAt }),
      ...(subscription.downgrade && { downgrade: subscription.downgrade }),
    }),
    ...(terms && { price: terms.price, credits: terms.credits, catalogVersion: terms.catalog }),
    ...(!subscription && ended && { endedAt: ended.at, endReason: ended.reason }),
    ...(pending && { pending }),
    overage: account.overage,
    paymentMethod: methodOf(account),
    ...(manual && { paymentTermsDays: manual.termsDays }),
  };
}

function pendingPurchase(account: BillingAccount): SubscriptionSummary['pending'] {
  const { purchase, upgrade, entries, currency } = account;
  const sale: { readonly invoiceId: string; readonly terms: SoldTerms; readonly changeId?: string } | undefined =
    purchase ?? upgrade;
  const entry = sale && entries[sale.invoiceId];
  if (!sale || !entry || entry.status === 'paid') return undefined;
  return {
    plan: sale.terms.plan,
    invoiceId: sale.invoiceId,
    ...(entry.number !== undefined && { number: entry.number }),
    due: { amount: dueOf(entry), currency },
    ...(sale.changeId !== undefined && { changeId: sale.changeId }),
  };
}

/** The next effect to carry out. The others wait for it. */
export const nextEffect = ({ effects }: BillingAccount): PendingEffect | undefined => effects[0];

/** Drafts that wait for their review, with their lines. */
export const draftsOf = ({ entries }: BillingAccount): readonly InvoiceEntry[] =>
  Object.values(entries).filter(({ status }) => status === 'draft');
