import { BrokenInvariant, type StreamEvent, type View } from '@tallystick/domain/kernel';
import type { InvoiceEvent } from '../invoice/events';
import { evolveInvoice } from '../invoice/evolve';
import { balanceOf, initialDocument, type InvoiceDocument } from '../invoice/state';

interface DocumentRow {
  readonly invoiceId: string;
  revision: number;
  document: InvoiceDocument;
  /** The first revision that could not be folded. Later events are ignored. */
  damagedAt: number | null;
}

/** One row per finalized invoice, with its document as JSON. */
export const invoices: View<StreamEvent<InvoiceEvent>, DocumentRow> = {
  table: {
    name: 'invoices',
    columns: {
      invoiceId: 'text',
      revision: 'integer',
      organizationId: 'text',
      number: 'text',
      status: 'text',
      currency: 'text',
      issuedAt: 'text',
      gross: 'integer',
      due: 'integer',
      damagedAt: 'integer',
      document: 'text',
    },
    key: ['invoiceId'],
    indexes: [['number'], ['organizationId', 'issuedAt']],
  },
  keysOf: ({ entityId }) => [[entityId]],
  isFirst: ({ revision }) => revision === 0,
  read: (row, [invoiceId]) => ({
    invoiceId: invoiceId as string,
    revision: (row?.revision as number | undefined) ?? -1,
    document: row ? (JSON.parse(row.document as string) as InvoiceDocument) : initialDocument(),
    damagedAt: (row?.damagedAt as number | null | undefined) ?? null,
  }),
  fold: (row, { event, revision }) => {
    if (row.damagedAt !== null) return row;
    try {
      row.document = evolveInvoice(row.document, event);
      row.revision = revision;
    } catch (error) {
      if (!(error instanceof BrokenInvariant)) throw error;
      row.damagedAt = revision;
    }
    return row;
  },
  write: ({ invoiceId, revision, document, damagedAt }) => ({
    ...{ invoiceId, revision, damagedAt, status: document.status, document: JSON.stringify(document) },
    ...{ organizationId: document.invoice?.organizationId ?? null, number: document.invoice?.number ?? null },
    ...{ currency: document.invoice?.currency ?? null, issuedAt: document.invoice?.issuedAt ?? null },
    ...{ gross: document.invoice?.gross ?? null, due: balanceOf(document).due },
  }),
};
