import type { Instant } from '@tallystick/domain/kernel';
import type { DecidedStatus, InvoiceStatus } from '../subscription/events';
import type { FinalInvoice, IssuedCreditNote, ReceivedPayment } from './events';

/** A finalized invoice with everything that was recorded of it. Plain JSON. */
export interface InvoiceDocument {
  /** The stream belongs to another program. */
  taken: boolean;
  /** Time of the last event. */
  now: Instant;
  /** Absent until it is finalized. */
  invoice?: FinalInvoice & { readonly partiesHash: string };
  status: InvoiceStatus;
  /** The statuses that were decided so far. `paid` is calculated. */
  statuses: readonly DecidedStatus[];
  payments: readonly ReceivedPayment[];
  creditNotes: readonly IssuedCreditNote[];
}

export const initialDocument = (): InvoiceDocument => ({
  taken: false,
  now: '',
  status: 'draft',
  statuses: [],
  payments: [],
  creditNotes: [],
});

const sum = (amounts: readonly number[]): number => amounts.reduce((total, amount) => total + amount, 0);

export interface InvoiceBalance {
  readonly paid: number;
  /** Gross, of all credit notes. */
  readonly credited: number;
  /** That is still to be paid. */
  readonly due: number;
}

export function balanceOf({ invoice, status, payments, creditNotes }: InvoiceDocument): InvoiceBalance {
  const paid = sum(payments.map(({ amount }) => amount));
  const credited = sum(creditNotes.map(({ gross }) => gross));
  const isClosed = status === 'void' || status === 'written_off';
  return { paid, credited, due: isClosed ? 0 : Math.max(0, (invoice?.gross ?? 0) - paid - credited) };
}
