import type { EventMetadata, Instant, Period } from '@tallystick/domain/kernel';
import type { InvoiceLine } from '../money/lines';
import type { DecidedStatus, InvoiceCause, PaymentProviderKind, TaxedTotals } from '../subscription/events';

/** An invoice as it was finalized. It never changes. */
export interface FinalInvoice extends TaxedTotals {
  readonly invoiceId: string;
  readonly organizationId: string;
  readonly number: string;
  readonly cause: InvoiceCause;
  readonly provider: PaymentProviderKind;
  readonly currency: string;
  readonly taxIncluded: boolean;
  readonly lines: readonly InvoiceLine[];
  /** The billing period of the plan line, where it is known at finalization. */
  readonly period?: Period;
  readonly issuedAt: Instant;
  readonly dueAt?: Instant;
  /** The buyer's, on which the tax depends. */
  readonly country?: string;
  /** Of the buyer's details at that time. */
  readonly detailsHash?: string;
  /** `id@version` of the catalog with the tax rates and the seller. */
  readonly catalog: string;
}

export interface ReceivedPayment {
  readonly paymentId: string;
  readonly amount: number;
  readonly provider: PaymentProviderKind;
  readonly paidAt: Instant;
  readonly providerTime?: Instant;
  readonly reference?: string;
}

export interface IssuedCreditNote extends TaxedTotals {
  readonly creditNoteId: string;
  readonly number: string;
  readonly issuedAt: Instant;
  readonly reason: string;
}

/** The data of each event of `invoice-{invoiceId}`, by its type. */
export interface InvoiceFacts {
  /** `partiesHash`: of the copy of seller and buyer, which is a record. */
  InvoiceFinalized: FinalInvoice & { readonly partiesHash: string };
  PaymentRecorded: ReceivedPayment;
  InvoiceStatusSet: { readonly status: DecidedStatus; readonly reason?: string };
  CreditNoteIssued: IssuedCreditNote;
}

export type InvoiceEventType = keyof InvoiceFacts;

export interface InvoiceEventOf<Type extends InvoiceEventType> {
  readonly type: Type;
  readonly data: InvoiceFacts[Type];
  readonly metadata: EventMetadata;
}

/** Every event of the stream of one invoice. */
export type InvoiceEvent = { [Type in InvoiceEventType]: InvoiceEventOf<Type> }[InvoiceEventType];
