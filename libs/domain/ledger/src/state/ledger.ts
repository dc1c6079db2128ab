import { CALENDAR_MONTH, periodAt, type Anchor, type Instant, type Period } from '@tallystick/domain/kernel';
import type { GrantKind } from '@tallystick/domain/catalog';
import { emptyBalance, type Balance } from './balance';
import { BurnDown } from './burn-down';
import type { CapTarget, Outcome, OverageMode, Reservation, OrganizationSettings } from '../events';

/** A job whose credits were reserved at least once. */
export interface Job {
  readonly reservation: Reservation;
  /** Of its CreditsReserved. */
  readonly revision: number;
  expiresAt: Instant;
  /** `timed-out` gave the credits back, but a late outcome still counts. */
  status: 'reserved' | 'timed-out' | 'consumed' | 'refunded';
  consumed: number;
  refunded: number;
  writtenOff: number;
  /** Of its last movement. */
  endRevision?: number;
  endedAt?: Instant;
  /** A different outcome came as well; said once. */
  contradicted?: boolean;
  /** Its outcome was remembered before it was submitted. */
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
  /** Reported with a key of this project: it counts only for a job of it. */
  readonly projectId?: string;
  readonly contradicted?: boolean;
}

/** Credits reserved and consumed in one billing period, or a count of something else. */
export interface PeriodCount {
  /** The period's start; of a gauge, when it was measured. */
  period: Instant;
  value: number;
}

/** What tells a grant that is sent again from another one under its id, and where it lies. */
export interface GrantTerms {
  readonly kind: GrantKind;
  readonly credits: number;
  readonly scope?: readonly string[];
  readonly expiresAt?: Instant;
  readonly revision: number;
}

/** All that decisions need, bounded by what is open: jobs that ended stay only until the settled-jobs index has them. */
export interface Ledger {
  opened: boolean;
  /** The stream belongs to another program: no organization can be opened there. */
  taken: boolean;
  currency: string;
  /** Time of the last event; decisions never go back behind it. */
  now: Instant;
  readonly balance: Balance;
  readonly burnDown: BurnDown;
  /** Every grant ever given but those of single jobs: a grant is given once. */
  readonly given: Map<string, GrantTerms>;
  nextExpiry: Instant | undefined;
  readonly jobs: Map<string, Job>;
  /** Jobs that wait for their end, by time-out in seconds and then in the order of their deadlines. */
  readonly waiting: Map<number, Map<string, Job>>;
  /** Jobs that ended, in that order. */
  readonly settled: Map<string, Job>;
  /** Outcomes of jobs whose submission has not been seen, by job and then in the order in which they came: at most one a project, and one without. */
  readonly early: Map<string, readonly EarlyOutcome[]>;
  /** Jobs that got a second, different outcome, by the revision that says so, until the index has it. */
  readonly contradicted: Map<string, number>;
  /** The last revision of what was let go of because the settled-jobs index has it. */
  forgottenUpTo: number;
  windowClosedBefore: Instant | undefined;
  /** The last revision that a HistorySealed covers; undefined where there is none. */
  sealedUpTo: number | undefined;
  plan: string | undefined;
  anchor: Anchor;
  /** Set where a new anchor would have put the present into an earlier period than before: the period begins here instead. */
  periodFrom: Instant;
  overage: OverageMode;
  settings: OrganizationSettings;
  readonly caps: Map<string, number>;
  readonly spent: Map<string, PeriodCount>;
  readonly reported: Map<string, PeriodCount>;
}

/** No limit of a catalog can have this name. */
export const REQUESTS = '#reservations';
export const capKey = (target: CapTarget): string =>
  'projectId' in target ? `project/${target.projectId}` : `key/${target.apiKeyId}`;
export const limitKey = (limit: string, projectId?: string): string =>
  projectId === undefined ? limit : `${limit}/${projectId}`;

export const anchorOf = (start: Instant | undefined, days: number | undefined): Anchor =>
  start === undefined ? CALENDAR_MONTH : { start, length: days === undefined ? 'month' : { days } };

/** The organization's billing period at an instant. Periods only move forward: ending a subscription never reopens its month. */
export function billingPeriod({ anchor, periodFrom }: Pick<Ledger, 'anchor' | 'periodFrom'>, at: Instant): Period {
  const period = periodAt(anchor, at);
  return period.start < periodFrom && periodFrom <= at ? { start: periodFrom, end: period.end } : period;
}

/** What is known of a job, be it only by the settled-jobs index. */
export const findJob = (ledger: Ledger, command: { readonly jobId: string; readonly settled?: Job }): Job | undefined =>
  ledger.jobs.get(command.jobId) ?? ledger.settled.get(command.jobId) ?? command.settled;

/** How a job ended, as answers say it. */
export const jobResultOf = ({ status, consumed, refunded, writtenOff }: JobResult): JobResult => ({
  status,
  consumed,
  refunded,
  writtenOff,
});

/** Whether a remembered outcome counts for a job of `projectId`. */
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
