import type { Decision, Instant, Period } from '@tallystick/domain/kernel';
import type { GrantKind, JobSpec } from '@tallystick/domain/catalog';
import type {
  CapTarget,
  Draw,
  FactOf,
  LedgerEvent,
  Outcome,
  OverageMode,
  OrganizationSettings,
  RevocationCause,
} from './events';
import type { EarlyOutcome, JobResult, Job } from './state/ledger';

/** `now` is the time of the decision, `occurredAt` the producer's time. */
export interface CommandMetadata {
  readonly now: Instant;
  readonly occurredAt?: Instant;
  readonly correlationId?: string;
  readonly causationId?: string;
  readonly actor?: string;
}

/** The job of a command. `settled` is the job from the settled-jobs index, if the state does not have it. */
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
    /** With `projectId`, the outcome applies only to a job of that project. `submission` is set if the outcome waited for it. */
    | (JobTarget & {
        readonly type: 'EndJob';
        readonly outcome: Outcome;
        readonly projectId?: string;
        readonly submission?: PendingSubmission;
      })
    | (JobTarget & { readonly type: 'ExtendJob'; readonly projectId?: string })
    | {
        readonly type: 'GrantCredits';
        readonly grantId: string;
        /** The id that earlier versions used for this grant. A grant with this id is a repetition as well. */
        readonly formerGrantId?: string;
        readonly kind: GrantKind;
        readonly credits: number;
        readonly scope?: readonly string[];
        readonly expiresAt?: Instant;
        readonly paid?: PaidForGrant;
        /** The grant belongs to a paid invoice: its id may begin with `invoice:`. */
        readonly sold?: true;
        readonly reason: string;
      }
    | {
        readonly type: 'RevokeCredits';
        readonly grantId: string;
        readonly reason: string;
        readonly cause?: RevocationCause;
      }
    /** Expires what is available of a grant before its time. */
    | { readonly type: 'EndGrant'; readonly grantId: string }
    /** Without `grantIds`: of all package grants of the subscription. Without `graceUntil`, they end at their `expiresAt`. */
    | { readonly type: 'SetGrantGrace'; readonly grantIds?: readonly string[]; readonly graceUntil?: Instant }
    | { readonly type: 'OpenOrganization'; readonly currency: string }
    | { readonly type: 'SetPlan'; readonly plan?: string; readonly anchor?: Instant }
    /**
     * The invoice line of a plan is paid: plan, anchor and package take effect together, once per `invoiceLineId`. `new` starts a
     * period at the whole second of the decision. `endGrants` are grants that the package replaces.
     */
    | {
        readonly type: 'ApplyPlanPayment';
        readonly invoiceLineId: string;
        readonly plan: string;
        readonly anchor: 'keep' | 'new';
        readonly endGrants: readonly string[];
        readonly grant?: PackageGrant;
      }
    /** Changes the plan at `at`, or now if that is past. Without a plan, the subscription ends. Without `at`, clears the schedule. */
    | { readonly type: 'SchedulePlan'; readonly at?: Instant; readonly plan?: string }
    | { readonly type: 'SetOverage'; readonly overage: OverageMode }
    | { readonly type: 'SetBudgetCap'; readonly target: CapTarget; readonly credits?: number }
    | { readonly type: 'ChangeSettings'; readonly settings: OrganizationSettings }
    /** Days for one project. Without days, those of the organization apply. */
    | { readonly type: 'SetProjectRetention'; readonly projectId: string; readonly days?: number | 'off' }
    | {
        readonly type: 'ReportUsage';
        readonly limit: string;
        readonly projectId?: string;
        readonly value: number;
      }
    /** Seals the events before the stream's first hash. A second command is accepted only for a later revision. */
    | { readonly type: 'SealHistory'; readonly upTo: number; readonly digest: string }
    /** Removes jobs that ended before the window. */
    | { readonly type: 'CloseJobWindow' }
    /** Applies everything that is due. */
    | { readonly type: 'Tick' }
  );

/** In minor units of the currency. */
type PaidForGrant = NonNullable<FactOf<'CreditsGranted'>['paid']>;

/** The package that a plan payment buys. It ends with the period, or at a time of its own. Without credits, nothing is granted. */
export interface PackageGrant {
  readonly grantId: string;
  readonly credits: number;
  readonly ends: { readonly period: true } | { readonly at: Instant };
  /** Time after its end for which it stays usable while the renewal is being paid. */
  readonly graceMilliseconds?: number;
  readonly paid?: PaidForGrant;
}

/** The answer to a submission so far, and another outcome of the same job that waited for it. */
export interface PendingSubmission {
  readonly reserved: ReservedAnswer;
  readonly other?: EarlyOutcome;
}

export type CommandOf<Type extends Command['type']> = Extract<Command, { readonly type: Type }>;

/** The reason why a command was not executed: a value, never thrown. `code` is for programs. `message` includes the next step. */
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

/** In the order of the checks. */
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
  /** Set if an outcome was waiting: the result of the job, which ended in the same append, and the revision of its reservation. */
  readonly ended?: JobResult & { readonly reservedAt: number };
  readonly repeated?: { readonly revision: number };
}

/** The answer to a command. A repeated command gets the first answer, with `repeated`. */
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
  /** `period` is the billing period that the plan was applied in. `grantId` and `expiresAt` are set if credits were granted. */
  | {
      readonly kind: 'plan-applied';
      readonly plan: string;
      readonly anchor: Instant;
      readonly period: Period;
      readonly grantId?: string;
      readonly expiresAt?: Instant;
      readonly repeated?: { readonly revision: number };
    }
  | { readonly kind: 'done'; readonly repeated?: { readonly revision: number } };

export type LedgerDecision = Decision<Command, LedgerEvent, Answer>;
