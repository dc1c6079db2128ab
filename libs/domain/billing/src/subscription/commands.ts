import type { Anchor, Decision, Instant, Money, Period } from '@tallystick/domain/kernel';
import type { BillingRefusal } from '../refusals';
import type { TaxedTotals, BillingEvent, OverageChoice, PaymentMethod } from './events';

/** `now` is the time of the decision. */
export interface BillingCommandMetadata {
  readonly now: Instant;
  readonly occurredAt?: Instant;
  readonly correlationId?: string;
  readonly causationId?: string;
  readonly actor?: string;
}

/** `requestId` identifies a request of an operator that may be repeated: the second one gets the first answer. */
interface RepeatableRequest {
  readonly requestId?: string;
}

/** The invoice of a command, by its number or its id. */
interface OfInvoice {
  readonly invoice: string;
}

/** The outcome of a charge, as the payment provider reports it. */
export type ChargeOutcome =
  | {
      readonly kind: 'paid';
      readonly amount: number;
      readonly currency: string;
      readonly providerTime: Instant;
      readonly reference?: string;
    }
  | { readonly kind: 'failed'; readonly declineCode?: string; readonly hard: boolean }
  | { readonly kind: 'action_required'; readonly url: string };

/** The ledger's answer to `apply-plan-payment`. */
export interface AppliedPayment {
  readonly plan: string;
  readonly anchor: Instant;
  readonly period: Period;
  readonly grantId?: string;
  readonly expiresAt?: Instant;
}

export type BillingCommand = BillingCommandMetadata &
  /** The first command of every stream. */
  (
    | {
        readonly type: 'OpenBilling';
        readonly organizationId: string;
        readonly currency: string;
        readonly billingFrom?: Instant;
        /** Whether a card is on file. */
        readonly hasCard?: boolean;
      }
    /** A plan and an overage mode that were set before there was billing. */
    | {
        readonly type: 'AdoptLegacy';
        readonly plan?: { readonly id: string; readonly anchor: Instant; readonly period: Anchor['length'] };
        readonly overage: OverageChoice;
      }
    /** `prefix` is reserved for the organization. It is used if the organization has none yet. */
    | {
        readonly type: 'Subscribe';
        readonly plan: string;
        readonly currency?: string;
        readonly provider?: 'manual';
        readonly prefix: string;
      }
    /** `changeId`: of the offer. */
    | { readonly type: 'ConfirmChange'; readonly changeId: string }
    /** A scheduled downgrade, or an upgrade that is not paid. */
    | { readonly type: 'WithdrawChange'; readonly changeId: string }
    | { readonly type: 'CancelSubscription'; readonly when: 'period-end' | 'now' }
    | { readonly type: 'ResumeSubscription' }
    | { readonly type: 'SetPaymentMethod'; readonly method: PaymentMethod }
    /** The payment provider reports a new card, or the removal of one. */
    | { readonly type: 'NoteCard'; readonly paymentMethodId: string; readonly added: boolean }
    | {
        readonly type: 'SetBillingDetails';
        readonly country?: string;
        readonly hasVatId: boolean;
        readonly hash: string;
      }
    | { readonly type: 'ChooseOverage'; readonly overage: OverageChoice }
    | { readonly type: 'SetReview'; readonly on: boolean }
    | { readonly type: 'ReleaseDraft'; readonly invoiceId: string }
    | { readonly type: 'DropDraft'; readonly invoiceId: string; readonly reason: string }
    | (OfInvoice &
        RepeatableRequest & {
          readonly type: 'RecordPayment';
          /** Default: all that is due. */
          readonly amount?: number;
          /** Default: now. */
          readonly paidAt?: Instant;
          readonly reference?: string;
          readonly reason: string;
        })
    | { readonly type: 'NoteChargeOutcome'; readonly chargeId: string; readonly outcome: ChargeOutcome }
    | (OfInvoice & { readonly type: 'VoidInvoice'; readonly reason: string })
    | (OfInvoice & { readonly type: 'WriteOffInvoice'; readonly reason: string })
    /** `amount`: in the basis of the invoice's prices. */
    | (OfInvoice &
        RepeatableRequest & { readonly type: 'IssueCreditNote'; readonly amount: number; readonly reason: string })
    | (RepeatableRequest & {
        readonly type: 'SellTopUp';
        readonly topUp: string;
        readonly reason: string;
        readonly prefix: string;
      })
    /** From the ledger's PeriodClosed. `revision` is that of the event in `credits-{organizationId}`. */
    | { readonly type: 'ClosePeriod'; readonly start: Instant; readonly end: Instant; readonly revision: number }
    /** `applied`: the ledger's answer to `apply-plan-payment`. */
    | { readonly type: 'CompleteEffect'; readonly effectId: string; readonly applied?: AppliedPayment }
    /** Applies everything that is due. */
    | { readonly type: 'Tick' }
  );

export type BillingCommandOf<Type extends BillingCommand['type']> = Extract<BillingCommand, { readonly type: Type }>;

/** The answer to a command. A repeated command gets the first answer where it is known, with `repeated`. */
export type BillingAnswer =
  | { readonly kind: 'refused'; readonly refusal: BillingRefusal }
  | { readonly kind: 'done'; readonly repeated?: true }
  /** An invoice was made: without a number while its draft waits for review. `due` is 0 if it is paid, or was carried. */
  | {
      readonly kind: 'invoiced';
      readonly invoiceId: string;
      readonly number?: string;
      readonly due: Money;
      readonly plan?: string;
      readonly changeId?: string;
      readonly at?: Instant;
      /** Too little is due for an invoice: the next one has the lines, and the change takes effect at once. */
      readonly carried?: true;
      readonly repeated?: true;
    }
  /** A downgrade that takes effect at `at`. */
  | {
      readonly kind: 'scheduled';
      readonly changeId: string;
      readonly plan: string;
      readonly at: Instant;
      readonly repeated?: true;
    }
  | {
      readonly kind: 'payment-recorded';
      readonly paymentId: string;
      readonly invoiceId: string;
      readonly number: string;
      readonly amount: number;
      /** That is still due. */
      readonly due: Money;
      readonly repeated?: true;
    }
  | (TaxedTotals & {
      readonly kind: 'credited';
      readonly creditNoteId: string;
      readonly number: string;
      readonly invoiceId: string;
      readonly repeated?: true;
    });

export type BillingDecision = Decision<BillingCommand, BillingEvent, BillingAnswer>;
