import type { Instant } from '@tallystick/domain/kernel';
import type { JobRating } from './credits-events';
import type { DecisionPoint, LedgerRefusal } from './refusals';

/** What a job used or will use, without the names of files: the ledger never sees them. */
export interface JobUsage {
  readonly pages?: number;
  readonly files?: readonly { readonly type: string; readonly pages?: number }[];
}

/** A job for the ledger to reserve for. Everything here may cross a process border as JSON. */
export interface Submission {
  readonly organizationId: string;
  readonly projectId: string;
  readonly apiKeyId?: string;
  readonly jobId: string;
  readonly operation?: string;
  readonly usage?: JobUsage;
  readonly features?: readonly string[];
  /** Whether details of the job are kept beside the ledger; it never sees them. */
  readonly hasDetails?: boolean;
  readonly occurredAt?: Instant;
  readonly actor?: string;
  readonly correlationId?: string;
  readonly causationId?: string;
}

/** How a job ended, or that it still runs. */
export interface Ending {
  readonly organizationId: string;
  readonly jobId: string;
  /** Of a key of a project: the outcome counts only for a job of that project. */
  readonly projectId?: string;
  readonly outcome:
    | { readonly kind: 'completed'; readonly usage?: JobUsage }
    | { readonly kind: 'failed'; readonly reason: 'failed' | 'incomplete' };
  readonly occurredAt?: Instant;
  readonly actor?: string;
  readonly correlationId?: string;
  readonly causationId?: string;
}

export interface JobReference {
  readonly organizationId: string;
  readonly jobId: string;
  /** Of a key of a project: a heartbeat reaches only a job of that project. */
  readonly projectId?: string;
  readonly actor?: string;
  readonly correlationId?: string;
}

/** `stream` is absent in the replies of older ledgers. */
export interface Refused extends Partial<DecisionPoint> {
  readonly kind: 'refused';
  readonly refusal: LedgerRefusal;
  readonly revision: number;
}

/** Not decided, or of unknown outcome; the same call again is safe. */
export interface Unavailable {
  readonly kind: 'unavailable';
  /** `unavailable`: nothing was moved. Absent in the replies of older ledgers: nothing is known. */
  readonly code?: 'unavailable' | 'unknown_outcome';
  readonly message: string;
}

export interface DrawReply {
  readonly grantId: string;
  readonly kind: string;
  readonly credits: number;
}

export interface Reserved {
  readonly kind: 'reserved';
  readonly credits: number;
  readonly draws: readonly DrawReply[];
  /** How the job ended in the same append, where its outcome was waiting for it. */
  readonly ended?: JobEnd;
  /** Of the reservation, also when the job is sent again. */
  readonly revision: number;
  readonly repeated: boolean;
}

export interface JobEnd {
  readonly status: 'consumed' | 'refunded';
  readonly consumed: number;
  readonly refunded: number;
  readonly writtenOff: number;
}

export interface Ended extends JobEnd {
  readonly kind: 'ended';
  readonly revision: number;
  readonly repeated: boolean;
  /** Another outcome came first, and it stands. */
  readonly contradicted: boolean;
}

export interface Remembered {
  readonly kind: 'remembered';
  readonly revision: number;
}

export interface Extended {
  readonly kind: 'extended';
  readonly expiresAt: Instant;
  readonly revision: number;
}

export type SubmitReply = Reserved | Refused | Unavailable;
export type EndReply = Ended | Remembered | Refused | Unavailable;
/** `idle`: there is no open job of that id, so nothing was extended. */
export type HeartbeatReply = Extended | { readonly kind: 'idle'; readonly revision: number } | Refused | Unavailable;

export const JOB_STATUSES = ['reserved', 'timed-out', 'consumed', 'refunded'] as const;
export type JobStatus = (typeof JOB_STATUSES)[number];

export interface JobView {
  readonly jobId: string;
  readonly organizationId: string;
  readonly projectId: string;
  readonly apiKeyId?: string;
  readonly operation: string;
  readonly status: JobStatus;
  readonly credits: number;
  readonly consumed: number;
  readonly refunded: number;
  readonly writtenOff: number;
  readonly draws: readonly DrawReply[];
  /** Revisions of the organization's stream: of the reservation, and of the last movement once there is one. */
  readonly revisions: { readonly reserved: number; readonly ended?: number };
  readonly submittedAt?: Instant;
  readonly endedAt?: Instant;
  /** Whether details came with its submission; undefined for jobs that were reserved before this was recorded. */
  readonly hasDetails?: boolean;
  /** When the credits go back unless the job ends or sends a heartbeat. */
  readonly expiresAt?: Instant;
}

/** Outcomes that wait for the submission of their job, in the order in which they came. */
export interface AwaitingJob {
  readonly jobId: string;
  readonly organizationId: string;
  readonly status: 'awaiting';
  readonly outcomes: readonly {
    /** Set: it came with a key of this project, and counts only for a job of it. */
    readonly projectId?: string;
    readonly outcome: Ending['outcome'];
    readonly since: Instant;
    /** Until then at least it waits. */
    readonly until: Instant;
  }[];
}

export interface JobsQuery {
  readonly organizationId: string;
  readonly projectId?: string;
  readonly operation?: string;
  readonly status?: JobStatus;
  readonly from?: Instant;
  readonly to?: Instant;
  readonly cursor?: string;
  readonly limit: number;
  /** The view must have at least this revision: a Problem (503, `view_behind`) where it does not in time. */
  readonly atLeastRevision?: number;
}

/** What a submission would come to, reserving nothing. */
export interface PreviewReply {
  readonly accepted: boolean;
  /** Absent where the job cannot be rated. */
  readonly credits?: number;
  readonly rating?: JobRating;
  readonly draws?: readonly DrawReply[];
  readonly refusal?: LedgerRefusal;
  readonly available?: number;
  readonly revision: number;
}

/** Days that a job's details stay after its end; `off` keeps them until somebody deletes them. */
export interface RetentionReply {
  readonly days: number | 'off';
  readonly projects: Readonly<Record<string, number | 'off'>>;
}
