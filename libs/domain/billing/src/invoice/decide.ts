import type { Decider } from '@tallystick/domain/kernel';
import { refuse, type BillingRefusal } from '../refusals';
import type { InvoiceAnswer, InvoiceCommand, InvoiceDecision } from './commands';
import type { InvoiceEvent, InvoiceEventOf, InvoiceEventType, InvoiceFacts } from './events';
import { evolveInvoice } from './evolve';
import { initialDocument, type InvoiceDocument } from './state';

const REPEATED: InvoiceDecision = { events: [], answer: { kind: 'done', repeated: true } };
const refused = (refusal: BillingRefusal): InvoiceDecision => ({ events: [], answer: { kind: 'refused', refusal } });
const conflict = (what: string): InvoiceDecision =>
  refused(refuse('invoice_conflict', `${what} was recorded with other data. Compare it with the subscription stream.`));

/** Records a decision of the subscription stream. Business is decided there only. */
export function decideInvoice(command: InvoiceCommand, document: InvoiceDocument): InvoiceDecision {
  if (document.taken)
    return refused(refuse('stream_taken', 'The stream of this invoice belongs to another program. Move that stream.'));
  if (command.type === 'FinalizeInvoice') return finalize(command, document);
  if (document.invoice === undefined)
    return refused(refuse('unknown_invoice', 'The invoice is not finalized. Finalize it first.'));
  switch (command.type) {
    case 'NotePayment': {
      const known = document.payments.find(({ paymentId }) => paymentId === command.payment.paymentId);
      if (known) return isSame(known, command.payment) ? REPEATED : conflict(`Payment ${known.paymentId}`);
      return recorded(command, document, 'PaymentRecorded', command.payment);
    }
    case 'NoteStatus':
      // A status is decided once, and money that arrives later may have changed it since.
      return document.statuses.includes(command.status)
        ? REPEATED
        : recorded(command, document, 'InvoiceStatusSet', { status: command.status, reason: command.reason });
    case 'NoteCreditNote': {
      const { creditNote } = command;
      const known = document.creditNotes.find(({ creditNoteId }) => creditNoteId === creditNote.creditNoteId);
      if (known) return isSame(known, creditNote) ? REPEATED : conflict(`Credit note ${known.number}`);
      return recorded(command, document, 'CreditNoteIssued', creditNote);
    }
  }
}

function finalize(
  command: Extract<InvoiceCommand, { readonly type: 'FinalizeInvoice' }>,
  document: InvoiceDocument,
): InvoiceDecision {
  const { invoice, partiesHash } = command;
  if (document.invoice === undefined)
    return recorded(command, document, 'InvoiceFinalized', { ...invoice, partiesHash });
  // The first copy of the parties counts: a repetition may have read corrected details.
  const { partiesHash: _first, ...known } = document.invoice;
  return isSame(known, invoice) ? REPEATED : conflict(`Invoice ${known.number}`);
}

function recorded<Type extends InvoiceEventType>(
  command: InvoiceCommand,
  document: InvoiceDocument,
  type: Type,
  data: InvoiceFacts[Type],
): InvoiceDecision {
  const { now, occurredAt = now, correlationId, causationId, actor } = command;
  const recordedAt = now < document.now ? document.now : now;
  const metadata = { schemaVersion: 1, occurredAt, recordedAt, correlationId, causationId, actor };
  const event: InvoiceEventOf<Type> = { type, data, metadata };
  return { events: [event as InvoiceEvent], answer: { kind: 'done' } };
}

/** Equal as stored: without regard to the order of members and to undefined ones. */
const isSame = (one: unknown, other: unknown): boolean => canonical(one) === canonical(other);
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_name, member: unknown) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([one], [other]) => (one < other ? -1 : 1)))
      : member,
  );

export const invoiceDecider: Decider<InvoiceDocument, InvoiceCommand, InvoiceEvent, InvoiceAnswer> & {
  readonly taken: () => InvoiceDocument;
} = {
  initial: initialDocument,
  taken: () => ({ ...initialDocument(), taken: true }),
  due: () => [],
  decide: decideInvoice,
  evolve: evolveInvoice,
};
