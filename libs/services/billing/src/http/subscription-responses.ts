import type {
  BillingDetailsResponse,
  BillingLine,
  PlanChangeOffer,
  SubscriptionResponse,
} from '@tallystick/contracts/billing';
import {
  subscriptionSummary,
  type BillingAccount,
  type ChangeOffer,
  type InvoiceLine,
} from '@tallystick/domain/billing';
import type { Instant } from '@tallystick/domain/kernel';
import type { BuyerDetails } from '../records/billing-details-records';

export function subscriptionResponse(
  organizationId: string,
  account: BillingAccount,
  revision: number,
  now: Instant,
): SubscriptionResponse {
  const shown = subscriptionSummary(account, now);
  const { pending, downgrade } = shown;
  return {
    organizationId,
    status: shown.status,
    plan: shown.plan ?? null,
    currency: account.opened ? shown.currency : null,
    price: shown.price ?? null,
    credits: shown.credits ?? null,
    anchor: shown.anchor?.start ?? null,
    period: shown.period ?? null,
    paidThrough: shown.paidThrough ?? null,
    cancelsAt: shown.cancelsAt ?? null,
    nextPlan: downgrade?.plan ?? null,
    nextPlanAt: downgrade?.at ?? null,
    changeId: downgrade?.changeId ?? pending?.changeId ?? null,
    pending: pending
      ? { plan: pending.plan, invoice: pending.number ?? null, invoiceId: pending.invoiceId, due: pending.due }
      : null,
    endedAt: shown.endedAt ?? null,
    autoOverage: shown.overage === 'auto',
    payAsYouGo: shown.overage === 'pay-as-you-go',
    paymentMethod: shown.paymentMethod,
    paymentTermsDays: shown.paymentTermsDays ?? null,
    catalogVersion: shown.catalogVersion ?? null,
    revision,
  };
}

export const lineResponse = ({ kind, description, quantity, unitPrice, amount, period }: InvoiceLine): BillingLine => ({
  kind,
  description,
  quantity,
  unitPrice,
  amount,
  period: period ?? null,
});

export const offerResponse = ({ lines, ...offer }: ChangeOffer): PlanChangeOffer => ({
  ...offer,
  lines: lines.map(lineResponse),
});

export const detailsResponse = (
  organizationId: string,
  details: BuyerDetails,
  revision: number,
): BillingDetailsResponse => ({
  organizationId,
  name: details.name ?? null,
  address: details.address ?? null,
  country: details.country ?? null,
  vatId: details.vatId ?? null,
  email: details.email ?? null,
  revision,
});
