import type { Instant, Period } from '@tallystick/domain/kernel';
import type { GrantKind } from '@tallystick/domain/catalog';
import { emptyBalance, type Balance } from './balance';
import { initialTerms, type BillingTerms } from './billing-terms';
import { BurnDown } from './burn-down';
import type { CapTarget, FactOf, Outcome, Reservation, OrganizationSettings } from '../events';

/** A job whose credits were reserved at least once. */
export interface Job {
  readonly reservation: Reservation;
  /** Revision of CreditsReserved. */
  readonly revision: number;
  expiresAt: Instant;
  /** After `timed-out`, the credits are refunded, but a late outcome still counts. */
  status: 'reserved' | 'timed-out' | 'consumed' | 'refunded';
  consumed: number;
  refunded: number;
  writtenOff: number;
  /** Revision of the last movement. */
  endRevision?: number;
  endedAt?: Instant;
  /** A different outcome was reported and recorded. */
  contradicted?: boolean;
  /** The outcome arrived before the submission. */
  outcomeWasWaiting?: boolean;
}

export interface JobResult {
  readonly status: 'consumed' | 'refunded';
  readonly consumed: number;
  readonly refunded: number;
  readonly writtenOff: number;
}

export interface EarlyOutcome {
  readonly outcome: Outcome;
  readonly at: Instant;
  /** Reported with a key of this project: it applies only to a job of it. */
  readonly projectId?: string;
  readonly contradicted?: boolean;
}

/** Credits reserved and consumed in one billing period, or a count of something else. */
export interface PeriodCount {
  /** The start of the period; for a gauge, the time of measurement. */
  period: Instant;
  value: number;
}

/** The terms of a grant, which distinguish a repeated command from another one with the same id, and its revision. */
export interface GrantTerms {
  readonly kind: GrantKind;
  readonly credits: number;
  readonly scope?: readonly string[];
  readonly expiresAt?: Instant;
  readonly paid?: FactOf<'CreditsGranted'>['paid'];
  readonly revision: number;
}

/** A plan that a paid invoice line set, for the answer to a repeated command. */
export interface PlanLine {
  readonly plan: string;
  readonly anchor: Instant;
  readonly period: Period;
  readonly revision: number;
}

/** The state that decisions depend on. Its size depends on open jobs: ended ones are removed when the settled-jobs index has them. */
export interface Ledger extends BillingTerms {
  opened: boolean;
  /** The stream belongs to another program, so no organization can be opened. */
  taken: boolean;
  currency: string;
  /** Time of the last event. Decisions are never earlier. */
  now: Instant;
  readonly balance: Balance;
  readonly burnDown: BurnDown;
  /** Every grant except those for single jobs, also ended ones: each grant id is used once. */
  readonly given: Map<string, GrantTerms>;
  nextExpiry: Instant | undefined;
  readonly jobs: Map<string, Job>;
  /** Open jobs by time-out in seconds, in the order of their deadlines. */
  readonly waiting: Map<number, Map<string, Job>>;
  /** Ended jobs, in the order of their ends. */
  readonly settled: Map<string, Job>;
  /** Outcomes of jobs that are not submitted yet, by job and in order of arrival: at most one per project, and one without a project. */
  readonly early: Map<string, readonly EarlyOutcome[]>;
  /** Jobs with a second, different outcome, and the revision that records it, until the index has it. */
  readonly contradicted: Map<string, number>;
  /** The last revision of a job that was removed because the settled-jobs index has it. */
  forgottenUpTo: number;
  windowClosedBefore: Instant | undefined;
  /** The last revision that a HistorySealed covers, if there is one. */
  sealedUpTo: number | undefined;
  /** By invoice line, the oldest first: the last ones, and earlier ones without a grant by which a repetition is known. */
  readonly appliedPlans: Map<string, PlanLine>;
  settings: OrganizationSettings;
  readonly caps: Map<string, number>;
  readonly spent: Map<string, PeriodCount>;
  readonly reported: Map<string, PeriodCount>;
}

/** The count of reservations. No limit of a catalog can have this name. */
export const REQUESTS = '#reservations';
export const capKey = (target: CapTarget): string =>
  'projectId' in target ? `project/${target.projectId}` : `key/${target.apiKeyId}`;
export const limitKey = (limit: string, projectId?: string): string =>
  projectId === undefined ? limit : `${limit}/${projectId}`;

/** The job in the state, or in the settled-jobs index. */
export const findJob = (ledger: Ledger, command: { readonly jobId: string; readonly settled?: Job }): Job | undefined =>
  ledger.jobs.get(command.jobId) ?? ledger.settled.get(command.jobId) ?? command.settled;

/** The result of a job, as in answers. */
export const jobResultOf = ({ status, consumed, refunded, writtenOff }: JobResult): JobResult => ({
  status,
  consumed,
  refunded,
  writtenOff,
});

/** True if a remembered outcome applies to a job of `projectId`. */
export const appliesTo = (early: EarlyOutcome, projectId: string): boolean =>
  early.projectId === undefined || early.projectId === projectId;

export const initialLedger = (): Ledger => ({
  opened: false,
  taken: false,
  currency: '',
  now: '',
  balance: emptyBalance(),
  burnDown: new BurnDown(),
  given: new Map(),
  nextExpiry: undefined,
  jobs: new Map(),
  waiting: new Map(),
  settled: new Map(),
  early: new Map(),
  contradicted: new Map(),
  forgottenUpTo: -1,
  windowClosedBefore: undefined,
  sealedUpTo: undefined,
  ...initialTerms(),
  appliedPlans: new Map(),
  settings: {},
  caps: new Map(),
  spent: new Map(),
  reported: new Map(),
});
