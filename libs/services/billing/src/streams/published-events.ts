import type { BillingEvents, BillingMessage, PublishedBillingEvent } from '@tallystick/contracts/billing';
import type { BillingFacts, BillingEvent, InvoiceEvent, InvoiceFacts } from '@tallystick/domain/billing';
import type { StreamEvent } from '@tallystick/domain/kernel';

/** Does not compile where the stored form of an event is not the published one any more: then it needs a mapping of its own. */
type AsStored<Stored extends { readonly [Type in keyof Stored]: unknown }> = {
  readonly [Type in keyof Stored & PublishedBillingEvent]: Stored[Type] extends BillingEvents[Type] ? 1 : never;
};

/** The version of the published form of each event. All are published as they are stored. */
const VERSIONS: AsStored<BillingFacts & InvoiceFacts> = {
  BillingOpened: 1,
  SubscriptionAdopted: 1,
  PaymentMethodSet: 1,
  CardAdded: 1,
  CardRemoved: 1,
  BillingDetailsChanged: 1,
  ReviewSet: 1,
  OverageChosen: 1,
  SubscriptionRequested: 1,
  UpgradeRequested: 1,
  UpgradeLapsed: 1,
  DowngradeScheduled: 1,
  DowngradeWithdrawn: 1,
  CancellationScheduled: 1,
  CancellationWithdrawn: 1,
  SubscriptionEnded: 1,
  PeriodCloseReceived: 1,
  RenewalStarted: 1,
  InvoiceDrafted: 1,
  DraftDropped: 1,
  LinesCarried: 1,
  InvoiceNumbered: 1,
  InvoiceStatusChanged: 1,
  ChargeRequested: 1,
  ChargeActionRequired: 1,
  ChargeFailed: 1,
  PaymentReceived: 1,
  RefundRequested: 1,
  PaymentParked: 1,
  CreditNoteNumbered: 1,
  TopUpSold: 1,
  PlanPaymentApplied: 1,
  EffectCompleted: 1,
  InvoiceFinalized: 1,
  PaymentRecorded: 1,
  InvoiceStatusSet: 1,
  CreditNoteIssued: 1,
};

/** The message of an event on billing.events. */
export function toBillingMessage(
  organizationId: string,
  { revision, event }: StreamEvent<BillingEvent | InvoiceEvent>,
  stream: string,
): BillingMessage {
  const { type, data } = event;
  const metadata = { ...event.metadata, schemaVersion: VERSIONS[type] };
  return { organizationId, stream, revision, type, data, metadata } as BillingMessage;
}

/** The organization of an invoice, whose id is `{organizationId}.{n}`. */
export const organizationOfInvoice = (invoiceId: string): string => invoiceId.slice(0, invoiceId.lastIndexOf('.'));
