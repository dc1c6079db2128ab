import type { Period } from '@tallystick/domain/kernel';

export const LINE_KINDS = ['plan', 'proration', 'usage', 'top-up', 'carried'] as const;
export type LineKind = (typeof LINE_KINDS)[number];

/** A line of a draft or an invoice. Its id is `{invoiceId}:{index}`. Amounts are in the basis of the price: gross where it includes tax. */
export interface InvoiceLine {
  readonly kind: LineKind;
  readonly description: string;
  readonly quantity: number;
  /** Decimal text in the major unit: "29.99". */
  readonly unitPrice: string;
  /** Minor units. Negative for the unused part of a plan. */
  readonly amount: number;
  readonly period?: Period;
  readonly plan?: string;
  readonly topUp?: string;
  /** Credits that the payment of the line grants. Absent on lines that grant none by themselves. */
  readonly credits?: number;
  /** The id that a carried line had in its first draft. */
  readonly carriedFrom?: string;
}

export const lineIdOf = (invoiceId: string, index: number): string => `${invoiceId}:${index}`;
export const grantIdOf = (invoiceLineId: string): string => `invoice:${invoiceLineId}`;
export const draftIdOf = (organizationId: string, count: number): string => `${organizationId}.${count}`;
export const chargeIdOf = (invoiceId: string, attempt: number): string => `${invoiceId}.${attempt}`;

export const sumOfLines = (lines: readonly InvoiceLine[]): number => lines.reduce((sum, { amount }) => sum + amount, 0);

/** The index of the line whose payment grants credits, or starts a plan. At most one line of an invoice does. */
export const grantingLine = (lines: readonly InvoiceLine[]): number =>
  lines.findIndex(({ credits }) => credits !== undefined);
