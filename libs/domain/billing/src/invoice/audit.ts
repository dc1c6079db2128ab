import { BrokenInvariant } from '@tallystick/domain/kernel';
import { sumOfLines } from '../money/lines';
import type { InvoiceEvent } from './events';
import { evolveInvoice } from './evolve';
import { initialDocument, type InvoiceDocument } from './state';

/** The state of an audit of the stream of one invoice. */
export interface InvoiceAudit {
  document: InvoiceDocument;
  /** The next revision. */
  next: number;
  /** Folding failed: later events are not checked. */
  isBroken: boolean;
}

export const newInvoiceAudit = (): InvoiceAudit => ({ document: initialDocument(), next: 0, isBroken: false });

/** Checks and folds the next stored event. Returns a description of each breach. */
export function auditInvoice(audit: InvoiceAudit, event: InvoiceEvent, revision: number): string[] {
  if (audit.isBroken) return [];
  const gap = revision === audit.next ? [] : [`revision ${audit.next} is missing`];
  audit.next = revision + 1;
  const { document } = audit;
  const isEarly = event.metadata.recordedAt < document.now;
  const breaches = [
    ...gap,
    ...(isEarly ? ['it was recorded before the event that it follows'] : []),
    ...check(document, event),
  ];
  try {
    audit.document = evolveInvoice(document, event);
  } catch (error) {
    if (!(error instanceof BrokenInvariant)) throw error;
    audit.isBroken = true;
    return [...breaches, error.message];
  }
  return breaches;
}

function check({ invoice, status, creditNotes }: InvoiceDocument, event: InvoiceEvent): string[] {
  switch (event.type) {
    case 'InvoiceFinalized': {
      const { lines, taxIncluded, net, gross, reverseCharge, number } = event.data;
      const basis = taxIncluded ? gross : net;
      const sum = sumOfLines(lines);
      const isExact = basis === sum || (reverseCharge && basis < sum);
      return [
        ...(invoice ? [`invoice ${number} is finalized a second time`] : []),
        ...(isExact ? [] : [`invoice ${number}: its lines add up to ${sum}, not to ${basis}`]),
      ];
    }
    case 'PaymentRecorded':
      return status === 'void' || status === 'paid' ? [`a payment is recorded for an invoice that is ${status}`] : [];
    case 'InvoiceStatusSet':
      return status === 'void' || status === 'paid'
        ? [`the invoice is ${event.data.status} after it was ${status}`]
        : [];
    case 'CreditNoteIssued': {
      const { creditNoteId, number, net, tax, gross } = event.data;
      return [
        ...(net + tax === gross ? [] : [`credit note ${number}: net ${net} and tax ${tax} do not add up to ${gross}`]),
        ...(creditNotes.some((note) => note.creditNoteId === creditNoteId)
          ? [`credit note ${number} is issued twice`]
          : []),
        ...(status === 'void' ? [`credit note ${number} is for a void invoice`] : []),
      ];
    }
  }
}
