import { key, oneOf, optional, recordReader, text, time, count, flag, type FormsOf } from '../stored-form';
import { encodeEvent } from '@tallystick/domain/kernel';
import { lines, TOTALS } from '../subscription/codec';
import type { InvoiceEvent, InvoiceEventType } from './events';

const FORMS: FormsOf<InvoiceEventType> = {
  InvoiceFinalized: {
    ...{ ...TOTALS, invoiceId: key, organizationId: key, number: key, currency: text, taxIncluded: flag, lines },
    ...{ cause: oneOf(['subscribe', 'upgrade', 'renewal', 'top-up']), provider: oneOf(['manual', 'card']) },
    ...{ issuedAt: time, dueAt: optional(time), catalog: text, partiesHash: text },
  },
  PaymentRecorded: {
    ...{ paymentId: key, amount: count, provider: oneOf(['manual', 'card']), paidAt: time },
    ...{ providerTime: optional(time), reference: optional(text) },
  },
  InvoiceStatusSet: { status: oneOf(['past_due', 'uncollectible', 'void', 'written_off']), reason: optional(text) },
  CreditNoteIssued: { ...TOTALS, creditNoteId: key, number: key, issuedAt: time, reason: text },
};

export const INVOICE_EVENT_TYPES = Object.keys(FORMS) as readonly InvoiceEventType[];

/** How the streams of invoices are stored and read. */
export const INVOICE_RECORDS = {
  decode: recordReader<InvoiceEvent>(FORMS, { type: 'InvoiceFinalized', description: 'a finalized invoice' }),
  encode: (event: InvoiceEvent) => encodeEvent(event),
};
