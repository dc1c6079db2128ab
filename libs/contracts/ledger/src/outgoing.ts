import type { DrawReply, JobEnd } from './ledger-types';
import type { DecisionPoint, LedgerRefusal } from './refusals';

/** A message of jobs.decisions: the decision on a submission that was received from the bus. Key: the organization. */
export type JobDecision = {
  readonly organizationId: string;
  readonly projectId: string;
  readonly jobId: string;
  /** Of the message with the submission. */
  readonly eventId: string;
  readonly decision: DecisionPoint;
} & (
  | {
      readonly type: 'tallystick.job.accepted';
      /** Other than `reserved` where the outcome arrived before the job. Absent in older messages. */
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

export const DEAD_LETTER_CLASSES = ['bad-message', 'refused', 'parked'] as const;
export type DeadLetterClass = (typeof DEAD_LETTER_CLASSES)[number];

/**
 * Headers of a message on `<topic>.dead-letters`: the place of the original, and the reason. The value is the original's, byte for
 * byte; key and headers are those of the original as text.
 */
export const DEAD_LETTER_HEADERS = {
  topic: 'origin-topic',
  partition: 'origin-partition',
  offset: 'origin-offset',
  timestamp: 'origin-timestamp',
  /** One of DEAD_LETTER_CLASSES. */
  class: 'dead-letter-class',
  reason: 'dead-letter-reason',
  /** The names of the headers that did not fit. */
  leftOut: 'dead-letter-left-out',
} as const;
