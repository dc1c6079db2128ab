import type { Instant } from '@tallystick/domain/kernel';
import type { EventMessage } from './event-message';
import type { DrawReply, Ending, JobUsage } from './ledger-types';

// The published form of the ledger's events, on the topic credits.events. It has versions of its own: the stored form may
// change without it. `published-events.ts` of the credit-ledger maps one to the other.

/** How the credits of a job are computed. */
export interface JobRating {
  /** `id@version` */
  readonly catalog: string;
  readonly operation: string;
  readonly unit: 'page' | 'file' | 'request';
  readonly units: number;
  /** Credits of one unit, before surcharges. */
  readonly unitCredits: number;
  readonly surcharges: readonly { readonly feature: string; readonly unitCredits: number }[];
  readonly credits: number;
}

export interface CreditsReservedData {
  readonly jobId: string;
  readonly projectId: string;
  readonly apiKeyId?: string;
  /** The sum of the draws. */
  readonly credits: number;
  readonly draws: readonly DrawReply[];
  readonly rating: JobRating;
  readonly usage?: JobUsage;
  readonly features?: readonly string[];
  /** When the credits are returned unless the job ends or sends a heartbeat. */
  readonly expiresAt: Instant;
  readonly timeoutSeconds: number;
  /** Start of the billing period whose budget caps count the job. */
  readonly period: Instant;
  readonly hasDetails?: boolean;
}

/** The reservation of a job that timed out before its outcome arrived. */
export interface TimedOutReservation {
  readonly reservation: CreditsReservedData;
  /** Of the reservation. */
  readonly revision: number;
  readonly refunded: number;
}

interface JobMovementData {
  readonly jobId: string;
  readonly projectId: string;
  readonly apiKeyId?: string;
  readonly operation: string;
  readonly hasDetails?: true;
  readonly credits: number;
  readonly draws: readonly DrawReply[];
  readonly late?: TimedOutReservation;
  /** The outcome arrived before its job. */
  readonly outcomeWasWaiting?: true;
}

interface GrantMovementData {
  readonly grantId: string;
  readonly credits: number;
  /** Present for credits that came back from a job after the end of the grant. */
  readonly jobId?: string;
}

/** With a project, the outcome counts only for a job of that project. */
interface EarlyOutcomeData {
  readonly jobId: string;
  readonly outcome: Ending['outcome'];
  readonly projectId?: string;
}

/** The data of each event by its type. */
export interface CreditsEvents {
  CreditsGranted: {
    readonly grantId: string;
    readonly kind: string;
    readonly credits: number;
    /** Operations that may draw on it. Default: all. */
    readonly scope?: readonly string[];
    /** Of a package: the end of its period. */
    readonly expiresAt?: Instant;
    /** It stays usable until then while the renewal of its subscription is being paid. */
    readonly graceUntil?: Instant;
    /** The amount that was paid for it, in minor units. */
    readonly paid?: { readonly amount: number; readonly currency: string };
    readonly reason: string;
    /** The only job that may use the grant. */
    readonly jobId?: string;
  };
  CreditsReserved: CreditsReservedData;
  /** `draws`: reserved for the job. `surplus`: drawn beyond that. `writtenOff`: what no grant could pay. */
  CreditsConsumed: JobMovementData & {
    readonly surplus: readonly DrawReply[];
    readonly writtenOff: number;
    readonly rating: JobRating;
  };
  /** `unused`: returned together with the consumption of the job. */
  CreditsRefunded: JobMovementData & { readonly reason: 'failed' | 'incomplete' | 'timed-out' | 'unused' };
  CreditsExpired: GrantMovementData;
  CreditsRevoked: GrantMovementData & {
    readonly reason: string;
    readonly cause?: 'operator' | 'refund' | 'dispute' | 'other';
  };
  ReservationExtended: { readonly jobId: string; readonly expiresAt: Instant };
  /** An outcome that waits for its job. */
  OutcomeRemembered: EarlyOutcomeData;
  /** A second, different outcome. It moves nothing. */
  OutcomeContradicted: EarlyOutcomeData;
  /** Jobs that ended before this instant are forgotten. */
  JobWindowClosed: { readonly before: Instant };
  OrganizationOpened: { readonly currency: string };
  /** Without `graceUntil` the grant ends at its `expiresAt`. */
  GrantGraceSet: { readonly grantId: string; readonly graceUntil?: Instant };
  /** `invoiceLineId`: the line of the invoice that paid for the plan. */
  PlanSet: {
    readonly plan?: string;
    readonly anchor?: Instant;
    readonly periodDays?: number;
    readonly invoiceLineId?: string;
  };
  /** A change of plan at a time to come; without a plan, the end of the subscription. Without `at`, none is scheduled any more. */
  PlanScheduled: { readonly at?: Instant; readonly plan?: string };
  /** Usage up to this event that no earlier one closed belongs to this period. */
  PeriodClosed: { readonly start: Instant; readonly end: Instant };
  OverageSet: { readonly overage: 'none' | 'auto' | 'pay-as-you-go' };
  /** Without `credits` the cap is removed. */
  BudgetCapSet: {
    readonly target: { readonly projectId: string } | { readonly apiKeyId: string };
    readonly credits?: number;
  };
  SettingsChanged: {
    readonly settings: {
      readonly retentionDays?: number | 'off';
      readonly projectRetentionDays?: Readonly<Record<string, number | 'off'>>;
      readonly alertThresholds?: readonly number[];
    };
  };
  UsageReported: {
    readonly limit: string;
    readonly projectId?: string;
    readonly value: number;
    readonly period?: Instant;
  };
  /** SHA-256 over the events 0 to `upTo`. */
  HistorySealed: { readonly upTo: number; readonly digest: string };
  /** An operator accepts the record of another program at `revision`. */
  ForeignEventAccepted: {
    readonly revision: number;
    readonly eventId: string;
    readonly hash: string;
    readonly reason: string;
  };
  /** In place of an accepted record of another program. It moves nothing. */
  ForeignEventSkipped: { readonly eventId: string; readonly acceptedAt: number };
}

export type CreditsEventType = keyof CreditsEvents;

/** A message of credits.events. */
export type CreditsMessageOf<Type extends CreditsEventType> = EventMessage<Type, CreditsEvents[Type]>;

export type CreditsMessage = { [Type in CreditsEventType]: CreditsMessageOf<Type> }[CreditsEventType];
