import type { StreamEvent, View } from '@tallystick/domain/kernel';
import type { InvoiceEvent } from '../invoice/events';
import type { BillingEvent } from '../subscription/events';
import { invoices } from './invoices';
import { payments } from './payments';
import { subscriptions } from './subscriptions';

export type { PaymentStatus } from './payments';

/** The views of the streams of subscriptions. */
export const BILLING_VIEWS: readonly View<StreamEvent<BillingEvent>>[] = [subscriptions, payments];
/** The views of the streams of invoices. */
export const INVOICE_VIEWS: readonly View<StreamEvent<InvoiceEvent>>[] = [invoices];
export const SUBSCRIPTION_ROWS = subscriptions.table;
export const PAYMENT_ROWS = payments.table;
export const INVOICE_ROWS = invoices.table;
