import type { Instant } from '@tallystick/domain/kernel';

// The published form of events, on every topic of events. The stored form may change without it.

export interface PublishedMetadata {
  /** Of the published form of this event. */
  readonly schemaVersion: number;
  /** By the clock of the producer, or when it fell due. */
  readonly occurredAt: Instant;
  /** By the clock of the service that decided it. */
  readonly recordedAt: Instant;
  readonly correlationId?: string;
  readonly causationId?: string;
  readonly actor?: string;
}

/** A message for an event of a stream. The headers repeat stream, revision, type and schema version. */
export interface EventMessage<Type extends string, Data> {
  readonly organizationId: string;
  readonly stream: string;
  readonly revision: number;
  readonly type: Type;
  readonly data: Data;
  readonly metadata: PublishedMetadata;
}
