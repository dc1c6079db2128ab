import type { ChangeOffer } from './subscription/queries';

/** The codes of billing's refusals, each with its HTTP status: 422 wrong input, 409 not now, 404 not there, 402 payment needed. */
export const BILLING_REFUSAL_STATUS = {
  stream_taken: 409,
  billing_not_open: 404,
  invalid_command: 422,
  unknown_plan: 422,
  unknown_top_up: 422,
  not_sold_in_currency: 422,
  currency_mismatch: 422,
  same_plan: 422,
  period_differs: 422,
  terms_too_long: 422,
  billing_details_required: 422,
  no_seller: 409,
  payment_method_required: 402,
  no_subscription: 409,
  subscription_active: 409,
  past_due: 409,
  renewal_in_progress: 409,
  change_pending: 409,
  cancellation_scheduled: 409,
  unknown_change: 404,
  change_expired: 409,
  overage_needs_payment_method: 409,
  overage_needs_plan: 409,
  overage_needs_no_plan: 409,
  overage_not_offered: 409,
  overage_without_prices: 409,
  payment_method_in_use: 409,
  unknown_invoice: 404,
  unknown_draft: 404,
  draft_required: 409,
  invoice_draft: 409,
  invoice_paid: 409,
  invoice_not_open: 409,
  invoice_not_uncollectible: 409,
  invoice_has_payments: 409,
  charge_in_progress: 409,
  amount_too_high: 422,
  unknown_effect: 409,
  invoice_conflict: 409,
} as const satisfies Readonly<Record<string, 402 | 404 | 409 | 422>>;

export type BillingRefusalCode = keyof typeof BILLING_REFUSAL_STATUS;

/** Why a command was not executed: a value, never thrown. `code` is for programs. `message` includes the next step. */
export interface BillingRefusal {
  readonly code: BillingRefusalCode;
  readonly message: string;
  /** The member of the request that is wrong. */
  readonly field?: string;
  readonly rule?: string;
  /** Of `change_expired`: the change as it is now. */
  readonly offer?: ChangeOffer;
  /** Of `amount_too_high`, in minor units. */
  readonly maximum?: number;
}

export const refuse = (
  code: BillingRefusalCode,
  message: string,
  more: Omit<BillingRefusal, 'code' | 'message'> = {},
): BillingRefusal => ({ code, message, ...more });
