import type { Decision, Instant } from '@tallystick/domain/kernel';
import type { GrantKind, JobSpec } from '@tallystick/domain/catalog';
import type { CapTarget, Draw, LedgerEvent, Outcome, OverageMode, OrganizationSettings } from './events';
import type { EarlyOutcome, JobResult, Job } from './state/ledger';

/** What comes with every command. `now` is the ledger's time, `occurredAt` the producer's. */
export interface CommandMetadata {
  readonly now: Instant;
  readonly occurredAt?: Instant;
  readonly correlationId?: string;
  readonly causationId?: string;
  readonly actor?: string;
}

/** Commands about one job; `settled` is what the settled-jobs index says of its id, where the state does not know it. */
interface JobTarget {
  readonly jobId: string;
  readonly settled?: Job;
}

export type Command = CommandMetadata &
  (
    | (JobTarget & {
        readonly type: 'SubmitJob';
        readonly projectId: string;
        readonly apiKeyId?: string;
        readonly job: JobSpec;
        readonly hasDetails?: boolean;
      })
    /** `projectId`: it counts only for a job of that project. `met`: it was remembered, and meets its submission now. */
    | (JobTarget & {
        readonly type: 'EndJob';
        readonly outcome: Outcome;
        readonly projectId?: string;
        readonly met?: PendingSubmission;
      })
    | (JobTarget & { readonly type: 'ExtendJob'; readonly projectId?: string })
    | {
        readonly type: 'GrantCredits';
        readonly grantId: string;
        /** The id under which an earlier version would have given it: there it is looked for, too. */
        readonly formerGrantId?: string;
        readonly kind: GrantKind;
        readonly credits: number;
        readonly scope?: readonly string[];
        readonly expiresAt?: Instant;
        readonly reason: string;
      }
    | { readonly type: 'RevokeCredits'; readonly grantId: string; readonly reason: string }
    | { readonly type: 'OpenOrganization'; readonly currency: string; readonly plan?: string }
    | { readonly type: 'SetPlan'; readonly plan?: string; readonly anchor?: Instant }
    | { readonly type: 'SetOverage'; readonly overage: OverageMode }
    | { readonly type: 'SetBudgetCap'; readonly target: CapTarget; readonly credits?: number }
    | { readonly type: 'ChangeSettings'; readonly settings: OrganizationSettings }
    /** Of one project; the organization's where there are none. */
    | { readonly type: 'SetProjectRetention'; readonly projectId: string; readonly days?: number | 'off' }
    | {
        readonly type: 'ReportUsage';
        readonly limit: string;
        readonly projectId?: string;
        readonly value: number;
      }
    /** The part of an older stream before its first hash; more than once only where the first did not reach far enough. */
    | { readonly type: 'SealHistory'; readonly upTo: number; readonly digest: string }
    /** Jobs that ended longer ago than the window are forgotten. */
    | { readonly type: 'CloseJobWindow' }
    /** Nothing but time: whatever is due is applied. */
    | { readonly type: 'Tick' }
  );

/** What the submission is answered so far, and another outcome that was remembered of the same job. */
export interface PendingSubmission {
  readonly reserved: ReservedAnswer;
  readonly other?: EarlyOutcome;
}

export type CommandOf<Type extends Command['type']> = Extract<Command, { readonly type: Type }>;

/** A decision's "no": a value, never thrown. `code` is for programs, `message` for people and says what to do next. */
export interface Refusal {
  readonly code: RefusalCode;
  readonly message: string;
  readonly field?: string;
  readonly rule?: string;
  readonly problems?: readonly { readonly field: string; readonly rule: string; readonly message: string }[];
  readonly required?: number;
  readonly available?: number;
  readonly limit?: string;
  readonly maximum?: number;
  readonly used?: number;
}

/** In the order in which they are looked for. */
export type RefusalCode =
  | 'stream_taken'
  | 'unknown_organization'
  | 'invalid_job'
  | 'too_many_pages'
  | 'too_many_credits'
  | 'invalid_command'
  | 'not_found'
  | 'job_conflict'
  | 'stale_job'
  | 'grant_conflict'
  | 'too_many_jobs'
  | 'usage_limit_exceeded'
  | 'budget_cap_exceeded'
  | 'insufficient_credits';

export interface ReservedAnswer {
  readonly kind: 'reserved';
  readonly credits: number;
  readonly draws: readonly Draw[];
  /** Its outcome was waiting: how the job ended in the same append, and the revision of its reservation. */
  readonly ended?: JobResult & { readonly reservedAt: number };
  readonly repeated?: { readonly revision: number };
}

/** What a caller is told. A repeated command gets the first one's answer, with `repeated`. */
export type Answer =
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  | ReservedAnswer
  | (JobResult & {
      readonly kind: 'ended';
      readonly repeated?: { readonly revision: number; readonly contradicted: boolean };
    })
  /** The outcome waits for the job's submission. */
  | { readonly kind: 'remembered'; readonly outcome: Outcome }
  | { readonly kind: 'extended'; readonly expiresAt: Instant }
  | { readonly kind: 'done'; readonly repeated?: { readonly revision: number } };

export type LedgerDecision = Decision<Command, LedgerEvent, Answer>;
