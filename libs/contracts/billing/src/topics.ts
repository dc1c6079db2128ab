/** The events of subscriptions and invoices. Key of every message: the organization's id. */
export const BILLING_EVENTS = 'billing.events';
/** What a payment provider reports. Key of every message: the organization's id. */
export const PAYMENTS_EVENTS = 'payments.events';
