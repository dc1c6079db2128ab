import type { Instant, Money } from '@tallystick/domain/kernel';
import type { FinalInvoice, IssuedCreditNote, ReceivedPayment } from '../invoice/events';
import type { DecidedStatus, OverageChoice } from './events';

/**
 * A step that an event of the subscription stream leads to: a command on the stream of an invoice, or a call of the ledger. Each can be
 * repeated without harm. The effects of an organization are carried out in their order, each until it is done.
 */
export type BillingEffect =
  | { readonly type: 'finalize-invoice'; readonly invoice: FinalInvoice }
  | { readonly type: 'record-payment'; readonly invoiceId: string; readonly payment: ReceivedPayment }
  | {
      readonly type: 'change-status';
      readonly invoiceId: string;
      readonly status: DecidedStatus;
      readonly reason?: string;
    }
  | { readonly type: 'issue-credit-note'; readonly invoiceId: string; readonly creditNote: IssuedCreditNote }
  | {
      readonly type: 'apply-plan-payment';
      readonly invoiceLineId: string;
      readonly plan: string;
      readonly anchor: 'keep' | 'new';
      readonly endGrants: readonly string[];
      readonly grant?: PackageOfPayment;
    }
  /** Without a plan, the subscription ends at `at`. Without `at`, a scheduled plan is cleared. */
  | { readonly type: 'schedule-plan'; readonly at?: Instant; readonly plan?: string }
  | { readonly type: 'end-grants'; readonly grantIds: readonly string[] }
  | { readonly type: 'set-grace'; readonly grantIds: readonly string[]; readonly graceUntil?: Instant }
  | {
      readonly type: 'grant-sold';
      readonly grantId: string;
      readonly kind: 'top-up';
      readonly credits: number;
      readonly paid: Money;
      readonly reason: string;
    }
  | { readonly type: 'set-overage'; readonly overage: OverageChoice };

export type BillingEffectType = BillingEffect['type'];

/** The package that the ledger grants for a paid plan line. */
export interface PackageOfPayment {
  readonly grantId: string;
  readonly credits: number;
  /** With the ledger's new period, or at an instant. */
  readonly ends: { readonly period: true } | { readonly at: Instant };
  readonly graceMilliseconds?: number;
  readonly paid: Money;
}

/** An effect that is not completed. Its id is `{revision}.{n}` of the event that leads to it. */
export interface PendingEffect {
  readonly id: string;
  /** Time of the event. */
  readonly since: Instant;
  readonly effect: BillingEffect;
}
