import { BOUNDS, listOf, May, Must, oneOf, text, time, whole } from '@tallystick/contracts/http';

const REFERENCE_LENGTH = 256;

export class RecordPaymentDto {
  /** In minor units. Default: all that is due. */
  @May(whole(1, Number.MAX_SAFE_INTEGER)) amount?: number | null;
  /** Default: now. */
  @May(time()) paidAt?: string | null;
  /** Of the bank or the payer. */
  @May(text(REFERENCE_LENGTH)) reference?: string | null;
  @Must(text(BOUNDS.reasonLength)) reason!: string;
}

/** A step of an operator. */
export class InvoiceReasonDto {
  @Must(text(BOUNDS.reasonLength)) reason!: string;
}

export class CreditNoteDto {
  /** In minor units, in the basis of the invoice's prices: gross where they include tax, else net. */
  @Must(whole(1, Number.MAX_SAFE_INTEGER)) amount!: number;
  @Must(text(BOUNDS.reasonLength)) reason!: string;
}

export class SellTopUpDto {
  @Must(text(BOUNDS.nameLength)) topUp!: string;
  @Must(text(BOUNDS.reasonLength)) reason!: string;
}

export const CHARGE_OUTCOMES = ['paid', 'declined', 'declined_hard', 'requires_action', 'processing'] as const;
export type ScriptedOutcome = (typeof CHARGE_OUTCOMES)[number];
const MAX_SCRIPTED = 1_000;

export class ScriptPaymentsDto {
  /** Outcomes of the next charges, in order. The charges after them are paid. */
  @May(listOf(oneOf(CHARGE_OUTCOMES), MAX_SCRIPTED)) next?: ScriptedOutcome[] | null;
  /** `new`: the customer replaces the card. `none`: the customer removes it. */
  @May(oneOf(['new', 'none'])) card?: 'new' | 'none' | null;
}

export const SETTLEMENTS = ['paid', 'declined'] as const;

export class SettlePaymentDto {
  @Must(oneOf(SETTLEMENTS)) outcome!: (typeof SETTLEMENTS)[number];
  /** The number or id of an invoice. Default: all charges that are processing or wait for the customer. */
  @May(text(BOUNDS.nameLength)) invoice?: string | null;
}
