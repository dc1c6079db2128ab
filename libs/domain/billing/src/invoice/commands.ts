import type { Decision } from '@tallystick/domain/kernel';
import type { BillingRefusal } from '../refusals';
import type { BillingCommandMetadata } from '../subscription/commands';
import type { DecidedStatus } from '../subscription/events';
import type { FinalInvoice, InvoiceEvent, IssuedCreditNote, ReceivedPayment } from './events';

/** Records what the subscription stream decided. A repeated command moves nothing. */
export type InvoiceCommand = BillingCommandMetadata &
  (
    | { readonly type: 'FinalizeInvoice'; readonly invoice: FinalInvoice; readonly partiesHash: string }
    | { readonly type: 'NotePayment'; readonly payment: ReceivedPayment }
    | { readonly type: 'NoteStatus'; readonly status: DecidedStatus; readonly reason?: string }
    | { readonly type: 'NoteCreditNote'; readonly creditNote: IssuedCreditNote }
  );

export type InvoiceAnswer =
  { readonly kind: 'refused'; readonly refusal: BillingRefusal } | { readonly kind: 'done'; readonly repeated?: true };

export type InvoiceDecision = Decision<InvoiceCommand, InvoiceEvent, InvoiceAnswer>;
