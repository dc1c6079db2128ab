import { assertThat } from '@tallystick/domain/kernel';
import type { InvoiceEvent } from './events';
import { balanceOf, type InvoiceDocument } from './state';

/** Folds one event into the document. Throws BrokenInvariant if its amounts do not add up. */
export function evolveInvoice(document: InvoiceDocument, event: InvoiceEvent): InvoiceDocument {
  document.now = event.metadata.recordedAt;
  switch (event.type) {
    case 'InvoiceFinalized':
      document.invoice = event.data;
      document.status = 'open';
      break;
    case 'PaymentRecorded':
      document.payments = [...document.payments, event.data];
      settle(document);
      break;
    case 'InvoiceStatusSet':
      document.status = event.data.status;
      document.statuses = [...document.statuses, event.data.status];
      break;
    case 'CreditNoteIssued':
      document.creditNotes = [...document.creditNotes, event.data];
      settle(document);
      break;
  }
  checkAmounts(document);
  return document;
}

function settle(document: InvoiceDocument): void {
  const { paid, credited } = balanceOf(document);
  const { invoice, status } = document;
  if (invoice && status !== 'void' && paid + credited >= invoice.gross) document.status = 'paid';
}

function checkAmounts(document: InvoiceDocument): void {
  const { invoice, payments } = document;
  assertThat(invoice !== undefined, () => 'the invoice was not finalized');
  const { paid, credited } = balanceOf(document);
  const { number, net, tax, gross } = invoice;
  assertThat(net + tax === gross, () => `invoice ${number}: net ${net} and tax ${tax} do not add up to ${gross}`);
  assertThat(paid <= gross, () => `invoice ${number}: payments add up to ${paid}, more than its ${gross}`);
  assertThat(credited <= gross, () => `invoice ${number}: credit notes add up to ${credited}, more than its ${gross}`);
  assertThat(
    new Set(payments.map(({ paymentId }) => paymentId)).size === payments.length,
    () => `invoice ${number}: a payment is recorded twice`,
  );
}
