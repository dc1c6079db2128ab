import type {
  CreditNoteItem,
  CreditNoteResponse,
  InvoiceItem,
  InvoiceResponse,
  PartyResponse,
  PaymentItem,
} from '@tallystick/contracts/billing';
import {
  balanceOf,
  dueOf,
  type FinalInvoice,
  type InvoiceDocument,
  type InvoiceEntry,
  type IssuedCreditNote,
  type ReceivedPayment,
} from '@tallystick/domain/billing';
import type { InvoiceParties } from '../records/invoice-parties';
import { lineResponse } from './subscription-responses';

type PartyDetails = InvoiceParties['seller'] | InvoiceParties['buyer'];
type PrintedTexts = Pick<CreditNoteResponse, 'taxRate' | 'reverseCharge' | 'seller' | 'buyer' | 'footer'>;

/** An invoice as the subscription stream has it. */
export const invoiceItem = (organizationId: string, currency: string, entry: InvoiceEntry): InvoiceItem => ({
  id: entry.invoiceId,
  organizationId,
  number: entry.number ?? null,
  status: entry.status,
  currency,
  issuedAt: entry.issuedAt ?? null,
  dueAt: entry.dueAt ?? null,
  period: entry.period ?? null,
  net: entry.net,
  tax: entry.tax,
  gross: entry.gross,
  paid: entry.paid,
  credited: entry.credited.gross,
  due: dueOf(entry),
});

/** A draft, or an invoice whose document is not written yet. */
export const draftResponse = (item: InvoiceItem, entry: InvoiceEntry, revision: number): InvoiceResponse => ({
  ...item,
  lines: (entry.lines ?? []).map(lineResponse),
  taxIncluded: entry.taxIncluded,
  ...printed(entry, undefined),
  payments: [],
  creditNotes: [],
  revision,
});

/** `status` and amounts are those of the document, which the subscription stream leads. */
export function invoiceResponse(
  document: InvoiceDocument & { readonly invoice: FinalInvoice },
  entry: InvoiceEntry,
  parties: InvoiceParties | undefined,
  payments: readonly PaymentItem[],
  revision: number,
): InvoiceResponse {
  const { invoice, creditNotes, status } = document;
  const { paid, credited, due } = balanceOf(document);
  return {
    id: invoice.invoiceId,
    organizationId: invoice.organizationId,
    number: invoice.number,
    status,
    currency: invoice.currency,
    issuedAt: invoice.issuedAt,
    dueAt: invoice.dueAt ?? null,
    period: invoice.period ?? entry.period ?? null,
    net: invoice.net,
    tax: invoice.tax,
    gross: invoice.gross,
    paid,
    credited,
    due,
    lines: invoice.lines.map(lineResponse),
    taxIncluded: invoice.taxIncluded,
    ...printed(invoice, parties),
    payments,
    creditNotes: creditNotes.map((note) => creditNoteItem(invoice, note)),
    revision,
  };
}

/** Money that was received for an invoice. */
export const receivedPaymentItem = (invoice: FinalInvoice, payment: ReceivedPayment): PaymentItem => ({
  id: payment.paymentId,
  organizationId: invoice.organizationId,
  invoice: invoice.number,
  invoiceId: invoice.invoiceId,
  status: 'paid',
  provider: payment.provider,
  amount: payment.amount,
  currency: invoice.currency,
  at: payment.paidAt,
  declineCode: null,
  url: null,
  reference: payment.reference ?? null,
});

export const creditNoteItem = (invoice: FinalInvoice, note: IssuedCreditNote): CreditNoteItem => ({
  number: note.number,
  organizationId: invoice.organizationId,
  invoice: invoice.number,
  invoiceId: invoice.invoiceId,
  currency: invoice.currency,
  issuedAt: note.issuedAt,
  net: note.net,
  tax: note.tax,
  gross: note.gross,
  reason: note.reason,
});

/** A credit note has the parties of its invoice. */
export const creditNoteResponse = (
  invoice: FinalInvoice,
  note: IssuedCreditNote,
  parties: InvoiceParties | undefined,
): CreditNoteResponse => ({ ...creditNoteItem(invoice, note), ...printed(note, parties) });

const printed = (
  { taxRate, reverseCharge }: { readonly taxRate?: string; readonly reverseCharge?: boolean },
  parties: InvoiceParties | undefined,
): PrintedTexts => ({
  taxRate: taxRate ?? null,
  reverseCharge: reverseCharge ? 'Reverse charge' : null,
  seller: parties ? partyResponse(parties.seller) : null,
  buyer: parties ? partyResponse(parties.buyer) : null,
  footer: parties?.seller.footer ?? null,
});

const partyResponse = (party: PartyDetails): PartyResponse => ({
  name: party.name ?? null,
  address: party.address ?? null,
  country: party.country ?? null,
  vatId: party.vatId ?? null,
  register: ('register' in party ? party.register : undefined) ?? null,
  email: party.email ?? null,
});
