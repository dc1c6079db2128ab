import type { ForeignRecordReport, OperationProgress } from '@tallystick/contracts/ledger';

/** A broken rule of billing. `revision`: of the stream of the subscription, or of the invoice if there is one. */
export interface BillingBreach {
  readonly organizationId: string;
  readonly invoiceId?: string;
  readonly revision?: number;
  readonly what: string;
}

export interface BillingVerificationResponse extends OperationProgress {
  readonly events: number;
  readonly organizations: number;
  readonly invoices: number;
  readonly breaches: readonly BillingBreach[];
  readonly foreign: readonly ForeignRecordReport[];
}
