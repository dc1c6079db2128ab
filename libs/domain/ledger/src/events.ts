import type { Instant } from '@tallystick/domain/kernel';
import type { GrantKind, Rating, Usage } from '@tallystick/domain/catalog';

/** One grant's slice of a reservation; `kind` is repeated here so that an answer needs no look-up. */
export interface Draw {
  readonly grantId: string;
  readonly kind: GrantKind;
  readonly credits: number;
}

/** Why reserved credits went back: the job failed, never ended, was stopped before its end, or used less than was reserved. */
export type RefundReason = 'failed' | 'incomplete' | 'timed-out' | 'unused';

/** How a job ended, in its producer's words. `usage` is what was really used; left out, it is what was reserved for. */
export type Outcome =
  | { readonly kind: 'completed'; readonly usage?: Usage }
  | { readonly kind: 'failed'; readonly reason: 'failed' | 'incomplete' };

export interface Reservation {
  readonly jobId: string;
  readonly projectId: string;
  readonly apiKeyId?: string;
  /** All of the draws. */
  readonly credits: number;
  readonly draws: readonly Draw[];
  readonly rating: Rating;
  /** What was submitted, without the names of files: tells a repeated job from another one under the same id. */
  readonly usage?: Usage;
  readonly features?: readonly string[];
  /** When the credits go back unless the job has ended or sent a heartbeat; a heartbeat grants the same time again. */
  readonly expiresAt: Instant;
  readonly timeoutSeconds: number;
  /** Start of the billing period whose budget caps the job counts in, whenever it ends. */
  readonly period: Instant;
  /** Whether job details came with it; what they are stays outside. Unknown where it is left out. */
  readonly hasDetails?: boolean;
}

/** A job that timed out may have been forgotten since; its late outcome brings back what the ledger needs of it. */
export interface LateJob {
  readonly reservation: Reservation;
  readonly revision: number;
  readonly refunded: number;
}

/** Whose movement it is, so that a reader of one event needs no other. */
export interface JobRef {
  readonly jobId: string;
  readonly projectId: string;
  readonly apiKeyId?: string;
  readonly operation: string;
  readonly hasDetails?: true;
}

/** Set where the outcome was remembered before the job was submitted; a repeated submission gets that answer again. */
type OutcomeWasWaiting = true;

interface Facts {
  /** Credits for the organization. A grant for one job alone (pay-as-you-go) names it. */
  CreditsGranted: {
    readonly grantId: string;
    readonly kind: GrantKind;
    readonly credits: number;
    /** Operations that may draw on it; all of them when left out. */
    readonly scope?: readonly string[];
    readonly expiresAt?: Instant;
    readonly reason: string;
    readonly jobId?: string;
  };
  CreditsReserved: Reservation;
  /** `draws` were reserved for the job; `surplus` is drawn beyond that; `writtenOff` is what no grant could pay and nobody owes. */
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
    readonly jobId?: string;
  };

  ReservationExtended: { readonly jobId: string; readonly expiresAt: Instant };
  /** The outcome of a job whose submission has not been seen yet. With a project, it counts only for a job of that project. */
  OutcomeRemembered: { readonly jobId: string; readonly outcome: Outcome; readonly projectId?: string };
  /**
   * A second, different outcome of a job that had already ended; it moves nothing and wants a human's look. With a project, it
   * contradicts the outcome that is remembered with that project.
   */
  OutcomeContradicted: { readonly jobId: string; readonly outcome: Outcome; readonly projectId?: string };
  /** Jobs that ended before this instant are forgotten, and so are outcomes remembered before it: what comes for them now is stale. */
  JobWindowClosed: { readonly before: Instant };

  OrganizationOpened: { readonly currency: string };
  /** A plan and its billing anchor; without a plan the catalog's default one applies, by calendar months. */
  PlanSet: { readonly plan?: string; readonly anchor?: Instant; readonly periodDays?: number };
  /** `none`: refuse when grants run out. `auto`: a subscriber's overage. `pay-as-you-go`: no plan, all in arrears. */
  OverageSet: { readonly overage: OverageMode };
  BudgetCapSet: { readonly target: CapTarget; readonly credits?: number };
  SettingsChanged: { readonly settings: OrganizationSettings };
  UsageReported: {
    readonly limit: string;
    readonly projectId?: string;
    readonly value: number;
    readonly period?: Instant;
  };
  /** SHA-256 over the events 0 to `upTo`, which are older than the first hash of the stream's chain (`docs/hash-chain.md`). */
  HistorySealed: { readonly upTo: number; readonly digest: string };
  /**
   * An operator accepts that another program wrote the record at `revision` of this stream: it is skipped and moves nothing.
   * `eventId` and `hash` are those of the record as it was read, so that no other record is skipped in its place.
   */
  ForeignEventAccepted: {
    readonly revision: number;
    readonly eventId: string;
    readonly hash: string;
    readonly reason: string;
  };
}

export type OverageMode = 'none' | 'auto' | 'pay-as-you-go';

/** A project (all of its keys together) or one key. */
export type CapTarget = { readonly projectId: string } | { readonly apiKeyId: string };

export interface OrganizationSettings {
  /** Days that job details are kept after the job's end; `off` keeps them until deleted by hand. */
  readonly retentionDays?: number | 'off';
  readonly projectRetentionDays?: Readonly<Record<string, number | 'off'>>;
  /** Available credits at which an alert is raised, highest first; empty turns alerts off. */
  readonly alertThresholds?: readonly number[];
}

export type EventType = keyof Facts;

export interface EventMetadata {
  readonly schemaVersion: number;
  /** Business time: when it happened, by its producer. */
  readonly occurredAt: Instant;
  /** When the ledger decided it. Balances "as of" a time, periods and invoices go by this one. */
  readonly recordedAt: Instant;
  readonly correlationId?: string;
  readonly causationId?: string;
  /** An opaque id, never a name or an address. */
  readonly actor?: string;
}

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
