import type { Instant } from '@tallystick/domain/kernel';
import type { DrawReply, JobEnd } from './ledger-types';
import type { DecisionPoint, LedgerRefusal } from './refusals';

/** jobs.decisions: what became of a submission that came by the bus. Key: the organization. */
export type JobDecision = {
  readonly organizationId: string;
  readonly projectId: string;
  readonly jobId: string;
  /** Of the message that asked, so that its producer can tell. */
  readonly eventId: string;
  readonly decision: DecisionPoint;
} & (
  | {
      readonly type: 'tallystick.job.accepted';
      /** Other than `reserved` where the job's outcome was waiting for it: then these say how it ended. Older messages lack it. */
      readonly status?: 'reserved' | JobEnd['status'];
      readonly consumed?: number;
      readonly refunded?: number;
      readonly writtenOff?: number;
      readonly outcomeWasWaiting?: true;
      readonly credits: number;
      readonly draws: readonly DrawReply[];
      readonly repeated: boolean;
    }
  | { readonly type: 'tallystick.job.refused'; readonly code: string; readonly refusal: LedgerRefusal }
);

/** credits.events: every event of an organization's stream, published from the log. Headers: stream, revision, type, schema. */
export interface CreditsMessage {
  readonly organizationId: string;
  readonly stream: string;
  readonly revision: number;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly metadata: {
    readonly schemaVersion: number;
    readonly occurredAt: Instant;
    readonly recordedAt: Instant;
    readonly correlationId?: string;
    readonly causationId?: string;
    readonly actor?: string;
  };
}

export const DEAD_LETTER_CLASSES = ['bad-message', 'refused', 'parked'] as const;
export type DeadLetterClass = (typeof DEAD_LETTER_CLASSES)[number];

/**
 * `<topic>.dead-letters`: the value is the original's, byte for byte, key and headers as text; these headers say where it lay
 * and why it was set aside.
 */
export const DEAD_LETTER_HEADERS = {
  topic: 'origin-topic',
  partition: 'origin-partition',
  offset: 'origin-offset',
  timestamp: 'origin-timestamp',
  /** One of DEAD_LETTER_CLASSES. */
  class: 'dead-letter-class',
  reason: 'dead-letter-reason',
  /** The names of headers that there was no room for. */
  leftOut: 'dead-letter-left-out',
} as const;
