import type { Instant, Period } from '@tallystick/domain/kernel';
import type { BillingLine } from './subscriptions';

export type InvoiceStatusName = 'draft' | 'open' | 'paid' | 'past_due' | 'uncollectible' | 'void' | 'written_off';

/** Seller or buyer, as they were when the document was made. */
export interface PartyResponse {
  readonly name: string | null;
  readonly address: string | null;
  readonly country: string | null;
  readonly vatId: string | null;
  readonly register: string | null;
  readonly email: string | null;
}

/** A line of an invoice. */
export interface InvoiceLineItem extends BillingLine {
  /** Of usage: the tier of its price, from 1. */
  readonly tier?: number;
  /** Of usage: the revisions of `credits-…` that it covers. */
  readonly revisions?: { readonly from: number; readonly to: number };
}

/** An invoice without its parts. Amounts are in minor units of `currency`. */
export interface InvoiceItem {
  readonly id: string;
  readonly organizationId: string;
  /** Null for a draft. */
  readonly number: string | null;
  readonly status: InvoiceStatusName;
  readonly currency: string;
  readonly issuedAt: Instant | null;
  /** When an unpaid invoice is past due; null where it is charged. */
  readonly dueAt: Instant | null;
  /** Of the plan line. */
  readonly period: Period | null;
  readonly net: number;
  readonly tax: number;
  readonly gross: number;
  readonly paid: number;
  readonly credited: number;
  /** What is still to be paid. */
  readonly due: number;
}

export interface InvoiceResponse extends InvoiceItem {
  readonly lines: readonly InvoiceLineItem[];
  /** In percent, as a decimal; null without tax. */
  readonly taxRate: string | null;
  /** The words of an invoice under reverse charge. */
  readonly reverseCharge: 'Reverse charge' | null;
  readonly taxIncluded: boolean;
  readonly seller: PartyResponse | null;
  readonly buyer: PartyResponse | null;
  /** The footer of the seller. */
  readonly footer: string | null;
  readonly payments: readonly PaymentItem[];
  readonly creditNotes: readonly CreditNoteItem[];
  readonly revision: number;
}

/** Money received, or a charge of a card. */
export interface PaymentItem {
  readonly id: string;
  readonly organizationId: string;
  readonly invoice: string | null;
  readonly invoiceId: string;
  /** `refund_requested`: it came for an invoice that was not open any more. `parked`: it does not match its charge. */
  readonly status: 'requested' | 'action_required' | 'paid' | 'failed' | 'refund_requested' | 'parked';
  readonly provider: string;
  readonly amount: number;
  readonly currency: string;
  readonly at: Instant;
  readonly declineCode: string | null;
  /** Where the customer confirms the payment. */
  readonly url: string | null;
  readonly reference: string | null;
}

export interface CreditNoteItem {
  readonly number: string;
  readonly organizationId: string;
  /** The number of the invoice. */
  readonly invoice: string;
  readonly invoiceId: string;
  readonly currency: string;
  readonly issuedAt: Instant;
  readonly net: number;
  readonly tax: number;
  readonly gross: number;
  readonly reason: string;
}

/** With the parties of its invoice. */
export interface CreditNoteResponse extends CreditNoteItem {
  readonly taxRate: string | null;
  readonly reverseCharge: 'Reverse charge' | null;
  readonly seller: PartyResponse | null;
  readonly buyer: PartyResponse | null;
  readonly footer: string | null;
}

/** What the scripted provider does with the next charges of an organization. */
export interface ScriptedPaymentsResponse {
  readonly organizationId: string;
  readonly next: readonly string[];
  /** Whether there is a card on file. */
  readonly card: boolean;
}

export interface SettledPaymentsResponse {
  readonly organizationId: string;
  readonly outcome: 'paid' | 'declined';
  /** The ids of the charges that ended. */
  readonly charges: readonly string[];
}
