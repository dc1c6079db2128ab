import { prorate } from '@tallystick/domain/kernel';
import type { TaxedTotals } from '../subscription/events';

const DIGITS = 6;

/** `PREFIX-000001`, in test mode `TEST-PREFIX-000001`. */
export const invoiceNumber = (mode: 'live' | 'test', prefix: string, count: number): string =>
  `${mode === 'test' ? 'TEST-' : ''}${prefix}-${String(count).padStart(DIGITS, '0')}`;

/** `PREFIX-CN-000001` */
export const creditNoteNumber = (mode: 'live' | 'test', prefix: string, count: number): string =>
  invoiceNumber(mode, `${prefix}-CN`, count);

/** Sums of the credit notes of an invoice. */
export interface CreditedSums {
  readonly net: number;
  readonly tax: number;
  readonly gross: number;
}

/**
 * The totals of a further credit note over `amount`, which is in the basis of the invoice's prices. The tax of all notes together is the
 * share of the invoice's tax, rounded once, so that notes over the whole invoice add up to exactly its tax.
 */
export function creditNoteTotals(
  invoice: TaxedTotals,
  taxIncluded: boolean,
  credited: CreditedSums,
  amount: number,
): TaxedTotals {
  const basis = taxIncluded ? 'gross' : 'net';
  const tax = prorate(invoice.tax, credited[basis] + amount, invoice[basis]) - credited.tax;
  const net = taxIncluded ? amount - tax : amount;
  const { taxRate, reverseCharge } = invoice;
  return {
    net,
    tax,
    gross: net + tax,
    ...(taxRate !== undefined && { taxRate }),
    ...(reverseCharge && { reverseCharge }),
  };
}
