import type { Instant } from '@tallystick/domain/kernel';
import type { JobRating } from './credits-events';
import type { DecisionPoint, LedgerRefusal } from './refusals';

/** The usage of a job, without the names of files: they are details, which the ledger never receives. */
export interface JobUsage {
  readonly pages?: number;
  readonly files?: readonly { readonly type: string; readonly pages?: number }[];
}

/** A job to reserve credits for. All of these types are sent as JSON. */
export interface Submission {
  readonly organizationId: string;
  readonly projectId: string;
  readonly apiKeyId?: string;
  readonly jobId: string;
  readonly operation?: string;
  readonly usage?: JobUsage;
  readonly features?: readonly string[];
  /** Whether details of the job are stored outside the ledger. */
  readonly hasDetails?: boolean;
  readonly occurredAt?: Instant;
  readonly actor?: string;
  readonly correlationId?: string;
  readonly causationId?: string;
}

/** The outcome of a job. */
export interface Ending {
  readonly organizationId: string;
  readonly jobId: string;
  /** Of a project key: the outcome counts only for a job of that project. */
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
  /** Of a project key: a heartbeat counts only for a job of that project. */
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

/** Not decided, or with unknown outcome. Repeating the call is safe. */
export interface Unavailable {
  readonly kind: 'unavailable';
  /** `unavailable`: without effect. Absent in the replies of older ledgers: the outcome is unknown. */
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
  /** The end of the job in the same append, where its outcome arrived first. */
  readonly ended?: JobEnd;
  /** Of the reservation, also for a repeated submission. */
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
  /** Another outcome came first and stays. */
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
/** `idle`: no open job has this id. */
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
  /** Revisions of the organization's stream: of the reservation, and of the last movement after it. */
  readonly revisions: { readonly reserved: number; readonly ended?: number };
  readonly submittedAt?: Instant;
  readonly endedAt?: Instant;
  /** Whether the submission had details. Absent for jobs that older versions reserved. */
  readonly hasDetails?: boolean;
  /** When the credits are returned unless the job ends or sends a heartbeat. */
  readonly expiresAt?: Instant;
}

/** Outcomes that wait for the submission of their job, in the order of their arrival. */
export interface AwaitingJob {
  readonly jobId: string;
  readonly organizationId: string;
  readonly status: 'awaiting';
  readonly outcomes: readonly {
    /** Reported with a project key: it counts only for a job of that project. */
    readonly projectId?: string;
    readonly outcome: Ending['outcome'];
    readonly since: Instant;
    /** It waits at least until then. */
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
  /** Read only when the view has this revision; a Problem (503, `view_behind`) after a time-out. */
  readonly atLeastRevision?: number;
}

/** The decision on a submission, without a reservation. */
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

/** Days for which the details of a job are kept after its end. `off`: until they are deleted. */
export interface RetentionReply {
  readonly days: number | 'off';
  readonly projects: Readonly<Record<string, number | 'off'>>;
}
