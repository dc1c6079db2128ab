import type { Instant } from '@tallystick/domain/kernel';
import type { RequestedCharge } from './payments-events';

// The published form of the events of subscriptions and invoices, on the topic billing.events. It has versions of its own: the
// stored form may change without it.

/** The data of each event by its type. */
export interface BillingEvents {
  ChargeRequested: RequestedCharge;
}

export type BillingEventType = keyof BillingEvents;

export interface BillingEventMetadata {
  /** Of the published form of this event. */
  readonly schemaVersion: number;
  readonly occurredAt: Instant;
  readonly recordedAt: Instant;
  readonly actor?: string;
}

/** A message of billing.events. The headers repeat stream, revision, type and schema version. */
export interface BillingMessageOf<Type extends BillingEventType> {
  readonly organizationId: string;
  readonly stream: string;
  readonly revision: number;
  readonly type: Type;
  readonly data: BillingEvents[Type];
  readonly metadata: BillingEventMetadata;
}

export type BillingMessage = { [Type in BillingEventType]: BillingMessageOf<Type> }[BillingEventType];
