import type { BillingPolicy } from '../src';
import { BillingHarness, ORGANIZATION, type BillingStep, type BillingStepResult } from './billing-harness';

export const open = (currency = 'USD', hasCard = true): BillingStep => ({
  type: 'OpenBilling',
  organizationId: ORGANIZATION,
  currency,
  hasCard,
});
export const buy = (plan: string, more: Partial<Extract<BillingStep, { type: 'Subscribe' }>> = {}): BillingStep => ({
  type: 'Subscribe',
  plan,
  prefix: 'ABC',
  ...more,
});
export const pay = (
  invoice: string,
  more: Partial<Extract<BillingStep, { type: 'RecordPayment' }>> = {},
): BillingStep => ({
  type: 'RecordPayment',
  invoice,
  reason: 'bank transfer',
  ...more,
});
export const details = (country: string, hasVatId = false): BillingStep => ({
  type: 'SetBillingDetails',
  country,
  hasVatId,
  hash: `${country}${hasVatId}`,
});
export const refusalOf = ({ answer }: BillingStepResult) =>
  answer.kind === 'refused' ? answer.refusal.code : undefined;
/** An organization with a card that has bought a plan at the start. */
export const subscriber = (plan: string, policy: Partial<BillingPolicy> = {}): BillingHarness =>
  new BillingHarness(policy).run(open(), buy(plan));
