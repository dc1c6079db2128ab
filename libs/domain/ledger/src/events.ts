import type { EventMetadata, Instant } from '@tallystick/domain/kernel';
import type { GrantKind, Rating, Usage } from '@tallystick/domain/catalog';

/** The part of a job that one grant pays. `kind` is that of the grant, so that an answer needs no look-up. */
export interface Draw {
  readonly grantId: string;
  readonly kind: GrantKind;
  readonly credits: number;
}

/** The job failed, was stopped before its end, timed out, or used less than was reserved. */
export type RefundReason = 'failed' | 'incomplete' | 'timed-out' | 'unused';

/** The outcome of a job as its producer reports it. `usage` is the actual usage. Without it, the reserved usage counts. */
export type Outcome =
  | { readonly kind: 'completed'; readonly usage?: Usage }
  | { readonly kind: 'failed'; readonly reason: 'failed' | 'incomplete' };

export interface Reservation {
  readonly jobId: string;
  readonly projectId: string;
  readonly apiKeyId?: string;
  /** The sum of the draws. */
  readonly credits: number;
  readonly draws: readonly Draw[];
  readonly rating: Rating;
  /** The submitted usage without file names. It distinguishes a repeated job from another one with the same id. */
  readonly usage?: Usage;
  readonly features?: readonly string[];
  /** The credits are refunded at this time unless the job has ended. A heartbeat moves it to `timeoutSeconds` from then. */
  readonly expiresAt: Instant;
  readonly timeoutSeconds: number;
  /** Start of the billing period in whose budget caps the job counts, even if it ends in a later one. */
  readonly period: Instant;
  /** True if the submission had job details, which are stored elsewhere. Unknown if left out. */
  readonly hasDetails?: boolean;
}

/** A timed-out job may be removed from the state. Its late outcome carries the data that folding it needs. */
export interface LateJob {
  readonly reservation: Reservation;
  readonly revision: number;
  readonly refunded: number;
}

/** The job of a movement, so that one event can be read without the reservation. */
export interface JobRef {
  readonly jobId: string;
  readonly projectId: string;
  readonly apiKeyId?: string;
  readonly operation: string;
  readonly hasDetails?: true;
}

/** Set if the outcome arrived before the submission. A repeated submission gets the same answer. */
type OutcomeWasWaiting = true;

interface Facts {
  /** Credits for the organization. `jobId` is set on a grant for a single job (pay-as-you-go). */
  CreditsGranted: {
    readonly grantId: string;
    readonly kind: GrantKind;
    readonly credits: number;
    /** Operations that may draw on it. Without a scope, all may. */
    readonly scope?: readonly string[];
    /** Of a package: the end of its period. It decides the burn-down order. */
    readonly expiresAt?: Instant;
    /** The grant stays usable until then while the renewal of its subscription is being paid. Default: `expiresAt`. */
    readonly graceUntil?: Instant;
    /** The amount that was paid for it, in minor units. */
    readonly paid?: { readonly amount: number; readonly currency: string };
    readonly reason: string;
    readonly jobId?: string;
  };
  CreditsReserved: Reservation;
  /** `draws` were reserved for the job, `surplus` was drawn in addition. `writtenOff` credits were used, but no grant could pay them. */
  CreditsConsumed: JobRef & {
    readonly credits: number;
    readonly draws: readonly Draw[];
    readonly surplus: readonly Draw[];
    readonly writtenOff: number;
    readonly rating: Rating;
    readonly late?: LateJob;
    readonly outcomeWasWaiting?: OutcomeWasWaiting;
  };
  CreditsRefunded: JobRef & {
    readonly credits: number;
    readonly draws: readonly Draw[];
    readonly reason: RefundReason;
    readonly late?: LateJob;
    readonly outcomeWasWaiting?: OutcomeWasWaiting;
  };
  CreditsExpired: { readonly grantId: string; readonly credits: number; readonly jobId?: string };
  CreditsRevoked: {
    readonly grantId: string;
    readonly credits: number;
    readonly reason: string;
    readonly cause?: RevocationCause;
    readonly jobId?: string;
  };

  ReservationExtended: { readonly jobId: string; readonly expiresAt: Instant };
  /** The outcome of a job that is not submitted yet. With a project, it applies only to a job of that project. */
  OutcomeRemembered: { readonly jobId: string; readonly outcome: Outcome; readonly projectId?: string };
  /**
   * A second, different outcome of a job that had already ended. It moves no credits; an operator should check it. With a
   * project, it contradicts the outcome that was remembered with that project.
   */
  OutcomeContradicted: { readonly jobId: string; readonly outcome: Outcome; readonly projectId?: string };
  /** Jobs that ended and outcomes that were remembered before this instant are removed. Later commands for them are stale. */
  JobWindowClosed: { readonly before: Instant };

  OrganizationOpened: { readonly currency: string };
  /** The usable time of a package grant changes. Without `graceUntil`, it ends at its `expiresAt`. */
  GrantGraceSet: { readonly grantId: string; readonly graceUntil?: Instant };

  /**
   * A plan and its billing anchor. Without a plan, the catalog's default plan applies, by calendar months. `invoiceLineId` is the
   * line of the invoice that paid for it: one line applies once.
   */
  PlanSet: {
    readonly plan?: string;
    readonly anchor?: Instant;
    readonly periodDays?: number;
    readonly invoiceLineId?: string;
  };
  /** The plan changes at this time; without a plan, the subscription ends. Without `at`, a scheduled change is cleared. */
  PlanScheduled: { readonly at?: Instant; readonly plan?: string };
  /** The end of a billing period. Usage in later events belongs to the next period. */
  PeriodClosed: { readonly start: Instant; readonly end: Instant };
  /** `none`: jobs are refused when grants run out. `auto`: overage of a subscriber. `pay-as-you-go`: no plan, billed in arrears. */
  OverageSet: { readonly overage: OverageMode };
  BudgetCapSet: { readonly target: CapTarget; readonly credits?: number };
  SettingsChanged: { readonly settings: OrganizationSettings };
  UsageReported: {
    readonly limit: string;
    readonly projectId?: string;
    readonly value: number;
    readonly period?: Instant;
  };
  /** SHA-256 of events 0 to `upTo`, which are older than the first hash of the stream's chain (`docs/hash-chain.md`). */
  HistorySealed: { readonly upTo: number; readonly digest: string };
  /**
   * An operator accepts that another program wrote the record at `revision` of this stream. The record is skipped. `eventId` and
   * `hash` are those of the record when it was accepted, so that no other record is skipped in its place.
   */
  ForeignEventAccepted: {
    readonly revision: number;
    readonly eventId: string;
    readonly hash: string;
    readonly reason: string;
  };
}

export type RevocationCause = 'operator' | 'refund' | 'dispute' | 'other';

export type OverageMode = 'none' | 'auto' | 'pay-as-you-go';

/** A project with all of its keys, or one key. */
export type CapTarget = { readonly projectId: string } | { readonly apiKeyId: string };

export interface OrganizationSettings {
  /** Days that job details are kept after the job's end. `off` keeps them until they are deleted by hand. */
  readonly retentionDays?: number | 'off';
  readonly projectRetentionDays?: Readonly<Record<string, number | 'off'>>;
  /** Available credits at which an alert is raised, highest first. An empty list turns alerts off. */
  readonly alertThresholds?: readonly number[];
}

export type EventType = keyof Facts;

type Fact<Type extends EventType> = {
  readonly type: Type;
  readonly data: Facts[Type];
  readonly metadata: EventMetadata;
};

/** Every event of an organization's stream. */
export type LedgerEvent = { [Type in EventType]: Fact<Type> }[EventType];
export type EventOf<Type extends EventType> = Fact<Type>;
export type FactOf<Type extends EventType> = Facts[Type];

/**
 * Takes the place of an accepted foreign record in views and published events, so that no revision is missing. Never stored.
 * Its metadata is that of the acceptance.
 */
export interface SkippedEvent {
  readonly type: 'ForeignEventSkipped';
  /** `eventId` is the record's; the acceptance is at revision `acceptedAt`. */
  readonly data: { readonly eventId: string; readonly acceptedAt: number };
  readonly metadata: EventMetadata;
}

interface EventEffects {
  /** Name of the movement in the history view. Null if the event moves no credits. */
  readonly movement: 'grant' | 'reserve' | 'consume' | 'refund' | 'expire' | 'revoke' | null;
  /** Effect on the job of `data.jobId`. A refund of unused credits follows the consumption that ended the job. */
  readonly job: 'starts' | 'ends' | 'changes' | null;
}

const NONE = { movement: null, job: null } as const;

/** Effects of each event type. Views, the audit and consumers select events by this table. */
export const EVENT_EFFECTS = {
  CreditsGranted: { movement: 'grant', job: null },
  CreditsReserved: { movement: 'reserve', job: 'starts' },
  CreditsConsumed: { movement: 'consume', job: 'ends' },
  CreditsRefunded: { movement: 'refund', job: 'ends' },
  CreditsExpired: { movement: 'expire', job: null },
  CreditsRevoked: { movement: 'revoke', job: null },
  ReservationExtended: { movement: null, job: 'changes' },
  OutcomeRemembered: { movement: null, job: 'changes' },
  OutcomeContradicted: { movement: null, job: 'changes' },
  JobWindowClosed: NONE,
  OrganizationOpened: NONE,
  GrantGraceSet: NONE,
  PlanSet: NONE,
  PlanScheduled: NONE,
  PeriodClosed: NONE,
  OverageSet: NONE,
  BudgetCapSet: NONE,
  SettingsChanged: NONE,
  UsageReported: NONE,
  HistorySealed: NONE,
  ForeignEventAccepted: NONE,
  ForeignEventSkipped: NONE,
} as const satisfies Record<EventType | SkippedEvent['type'], EventEffects>;

type Effects = typeof EVENT_EFFECTS;
type EventWith<Key extends keyof EventEffects, Effect> = Extract<
  LedgerEvent,
  { readonly type: { [Type in keyof Effects]: Effects[Type][Key] extends Effect ? Type : never }[keyof Effects] }
>;

export type CreditMovement = NonNullable<EventEffects['movement']>;
/** An event that moves credits. */
export type MovementEvent = EventWith<'movement', CreditMovement>;
/** An event about one job. */
export type JobEvent = EventWith<'job', NonNullable<EventEffects['job']>>;
/** An event that moves the credits of one job. */
export type JobMovementEvent = Extract<MovementEvent, JobEvent>;
export type JobEndEvent = EventWith<'job', 'ends'>;

type AnyEvent = LedgerEvent | SkippedEvent;
export const isMovement = (event: AnyEvent): event is MovementEvent => EVENT_EFFECTS[event.type].movement !== null;
export const isJobEvent = (event: AnyEvent): event is JobEvent => EVENT_EFFECTS[event.type].job !== null;
export const isJobEnd = (event: AnyEvent): event is JobEndEvent => EVENT_EFFECTS[event.type].job === 'ends';
