import type { Instant } from '@tallystick/domain/kernel';

// The topic payments.events: what a payment provider reports of the charges that billing requested on billing.events, and of
// payment methods. A message may come more than once: billing recognizes a charge by its id.

/** The charge as billing requested it. */
export interface RequestedCharge {
  readonly chargeId: string;
  readonly invoiceId: string;
  /** 1 for the first one of the invoice. */
  readonly attempt: number;
  /** Minor units. */
  readonly amount: number;
  readonly currency: string;
}

interface OutcomeOfCharge extends RequestedCharge {
  /** By the clock of the provider. */
  readonly providerTime: Instant;
}

/** The data of each message by its type. */
export interface PaymentsEvents {
  PaymentSucceeded: OutcomeOfCharge & { readonly reference?: string };
  /** `hard`: the provider will refuse every further attempt with this card. */
  PaymentFailed: OutcomeOfCharge & { readonly declineCode: string; readonly hard: boolean };
  /** The customer has to confirm the payment on the page `url`. */
  PaymentActionRequired: OutcomeOfCharge & { readonly url: string };
  /** `fingerprintHash`: the same for the same card, without revealing it. */
  PaymentMethodAdded: {
    readonly paymentMethodId: string;
    readonly fingerprintHash: string;
    readonly providerTime: Instant;
  };
  PaymentMethodRemoved: { readonly paymentMethodId: string; readonly providerTime: Instant };
}

export type PaymentsEventType = keyof PaymentsEvents;

export interface PaymentsMessageOf<Type extends PaymentsEventType> {
  /** Unique; the same for a repetition of the message. */
  readonly id: string;
  readonly organizationId: string;
  readonly type: Type;
  readonly data: PaymentsEvents[Type];
  readonly metadata: { readonly schemaVersion: number; readonly recordedAt: Instant };
}

/** A message of payments.events. The headers repeat type and schema version. */
export type PaymentsMessage = { [Type in PaymentsEventType]: PaymentsMessageOf<Type> }[PaymentsEventType];
