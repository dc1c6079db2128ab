import { Problem, sentenceOf } from '@tallystick/contracts/http';
import { BILLING_REFUSAL_STATUS, type BillingRefusal, type BillingRefusalCode } from '@tallystick/domain/billing';
import { offerResponse } from './http/subscription-responses';

/** The title of each refusal. A new code does not compile without its row here. */
export const BILLING_REFUSAL_TITLES: Readonly<Record<BillingRefusalCode, string>> = {
  stream_taken: 'The stream of this id is in use',
  billing_not_open: 'Nothing was bought yet',
  invalid_command: 'The command cannot be carried out',
  unknown_plan: 'There is no such plan',
  unknown_top_up: 'There is no such top-up',
  not_sold_in_currency: 'It is not sold in this currency',
  currency_mismatch: 'The organization pays in another currency',
  same_plan: 'The organization has this plan',
  period_differs: 'The periods of the plans differ',
  terms_too_long: 'The payment terms are too long',
  billing_details_required: 'Billing details are needed',
  no_seller: 'Nothing can be sold',
  payment_method_required: 'A payment method is needed',
  no_subscription: 'There is no subscription',
  subscription_active: 'There is a subscription',
  past_due: 'A renewal is past due',
  renewal_in_progress: 'A renewal is being paid',
  change_pending: 'Another change is not paid yet',
  cancellation_scheduled: 'The subscription is cancelled',
  unknown_change: 'There is no such change',
  change_expired: 'The offer has expired',
  overage_needs_payment_method: 'Overage needs a payment method',
  overage_needs_plan: 'Overage needs a plan',
  overage_needs_no_plan: 'Pay-as-you-go excludes a plan',
  overage_not_offered: 'The plan has no overage',
  overage_without_prices: 'Overage has no prices in this currency',
  payment_method_in_use: 'The payment method is in use',
  unknown_invoice: 'There is no such invoice',
  unknown_draft: 'There is no such draft',
  draft_required: 'Only a draft can be released or dropped',
  invoice_draft: 'The invoice is a draft',
  invoice_paid: 'The invoice is paid',
  invoice_not_open: 'The invoice is not open',
  invoice_not_uncollectible: 'The invoice is not uncollectible',
  invoice_has_payments: 'The invoice has payments',
  charge_in_progress: 'A charge is being made',
  amount_too_high: 'The amount is too high',
  unknown_effect: 'There is no such effect',
  invoice_conflict: 'The invoice was recorded with other data',
};

export function problemOfBillingRefusal(refusal: BillingRefusal): Problem {
  const { code, message, field, rule = code, offer, maximum } = refusal;
  const title = BILLING_REFUSAL_TITLES[code];
  const status = BILLING_REFUSAL_STATUS[code];
  const errors = field === undefined ? [] : [{ field, rule, message }];
  const detail = errors.length > 0 ? sentenceOf(errors) : message;
  return new Problem(status, { code, title }, detail, {
    ...(errors.length > 0 && { errors }),
    ...(offer && { offer: offerResponse(offer) }),
    ...(maximum !== undefined && { maximum }),
  });
}
