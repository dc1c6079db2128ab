import { CALENDAR_MONTH, periodAt, type Anchor, type Instant, type Period } from '@tallystick/domain/kernel';
import type { GrantKind } from '@tallystick/domain/catalog';
import { emptyBalance, type Balance } from './balance';
import { BurnDown } from './burn-down';
import type { CapTarget, Outcome, OverageMode, Reservation, OrganizationSettings } from '../events';

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
  readonly revision: number;
}

/** The state that decisions depend on. Its size depends on open jobs: ended ones are removed when the settled-jobs index has them. */
export interface Ledger {
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
  plan: string | undefined;
  anchor: Anchor;
  /** Set when a new anchor would move the present into an earlier period: the current period starts here instead. */
  periodFrom: Instant;
  overage: OverageMode;
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

export const anchorOf = (start: Instant | undefined, days: number | undefined): Anchor =>
  start === undefined ? CALENDAR_MONTH : { start, length: days === undefined ? 'month' : { days } };

/** The organization's billing period at an instant. Periods only move forward: the end of a subscription does not reopen a past period. */
export function billingPeriod({ anchor, periodFrom }: Pick<Ledger, 'anchor' | 'periodFrom'>, at: Instant): Period {
  const period = periodAt(anchor, at);
  return period.start < periodFrom && periodFrom <= at ? { start: periodFrom, end: period.end } : period;
}

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
  plan: undefined,
  anchor: CALENDAR_MONTH,
  periodFrom: '',
  overage: 'none',
  settings: {},
  caps: new Map(),
  spent: new Map(),
  reported: new Map(),
});
