import type { CommandOf, Draw, FactOf, LedgerEvent, Outcome } from '@tallystick/domain/ledger';
import { Grants, sum } from './grants';
import { check, equal } from './check';

export type ModelSubmission = Omit<CommandOf<'SubmitJob'>, 'now'>;

export interface ModelJob {
  readonly submission: ModelSubmission;
  readonly revision: number;
  readonly draws: readonly Draw[];
  readonly period: string;
  held: readonly Draw[];
  deadline: string;
  status: 'open' | 'timed-out' | 'consumed' | 'refunded';
  consumed: number;
  refunded: number;
  writtenOff: number;
  /** Revision of its last movement. */
  endRevision: number;
  /** When it first ended, or timed out. It can be removed once the window closes after that time. */
  endedAt: string;
  contradicted: boolean;
  contradictedRevision?: number;
}

interface ModelEarly extends Pick<ModelJob, 'contradicted' | 'contradictedRevision'> {
  readonly outcome: Outcome;
  readonly at: string;
}

const DAY = 86_400_000;
export const WINDOW = 2 * DAY;
const PERIOD = 3 * DAY;
const TIMEOUT: Readonly<Record<string, number>> = { read: 600_000, draw: 1_800_000 };
export const after = (instant: string, milliseconds: number): string =>
  new Date(Date.parse(instant) + milliseconds).toISOString();
export const timeoutOf = ({ job }: ModelSubmission): number => TIMEOUT[job.operation!]!;

/** The state of an organization in the model. Every value is computed from the history. */
export class ModelLedger {
  readonly grants = new Grants();
  /** The revision of each grant. */
  readonly given = new Map<string, number>();
  readonly jobs = new Map<string, ModelJob>();
  readonly early = new Map<string, ModelEarly>();
  readonly caps = new Map<string, number>();
  overage = 'none';
  now = '';
  revision = -1;
  windowBefore = '';
  /** Contradictions that were reported to callers, with the revision by which each must be recorded. */
  readonly reportedContradictions: { readonly jobId: string; readonly by: number }[] = [];
  protected isSteady = false;
  protected anchor = 0;
  /** The period that is closed next, if there may be something to invoice. */
  protected openPeriod = { start: '', end: '' };
  protected hasOverage = false;

  /** Time-outs of jobs, expiries of grants and ends of periods. */
  nextDue(): string | undefined {
    const due = [this.grants.nextExpiry() ?? '~'];
    if (this.isClosing) due.push(this.openPeriod.end);
    for (const { status, deadline } of this.jobs.values()) if (status === 'open') due.push(deadline);
    const next = due.sort()[0]!;
    return next === '~' ? undefined : next;
  }

  assertNothingDue(now: string): void {
    const due = this.nextDue();
    check(due === undefined || due > now, () => `an event due at ${due} was not recorded by ${now}`);
  }

  period(at: string): string {
    if (!this.isSteady) return `${at.slice(0, 7)}-01T00:00:00.000Z`;
    return new Date(this.anchor + Math.floor((Date.parse(at) - this.anchor) / PERIOD) * PERIOD).toISOString();
  }

  protected get isClosing(): boolean {
    return this.isSteady || this.overage !== 'none' || this.hasOverage;
  }

  protected openPeriodAt(at: string): void {
    const start = this.period(at);
    const nextMonth = new Date(Date.UTC(+start.slice(0, 4), +start.slice(5, 7), 1)).toISOString();
    this.openPeriod = { start, end: this.isSteady ? after(start, PERIOD) : nextMonth };
  }

  /** Closes the open period at its end, or cuts it: then a plan must follow. */
  protected closePeriod({ start, end }: FactOf<'PeriodClosed'>): 'cut' | undefined {
    equal(start, this.openPeriod.start, 'the start of the closed period');
    check(end <= this.now, () => `the period to ${end} was closed before its end`);
    const isCut = !this.isClosing || end !== this.openPeriod.end;
    if (isCut) this.assertNothingDue(this.now);
    else equal(end, this.nextDue(), 'the end of the closed period');
    this.hasOverage = false;
    if (!isCut) this.openPeriodAt(end);
    return isCut ? 'cut' : undefined;
  }

  get maxRequests(): number {
    return this.isSteady ? Infinity : 12;
  }

  requests(period: string): number {
    const counts = (job: ModelJob) => job.period === period && (job.status === 'open' || job.status === 'consumed');
    return [...this.jobs.values()].filter(counts).length;
  }

  /** The first cap, of the project or of the key, that `credits` more would exceed. */
  overrun({ projectId, apiKeyId }: ModelSubmission, credits: number, period: string) {
    const spent = (is: (submission: ModelSubmission) => boolean) =>
      [...this.jobs.values()]
        .filter((job) => job.period === period && is(job.submission))
        .reduce((total, { held, consumed }) => total + sum(held) + consumed, 0);
    return [
      { key: `project/${projectId}`, used: spent((other) => other.projectId === projectId) },
      { key: `key/${apiKeyId}`, used: spent((other) => other.apiKeyId === apiKeyId) },
    ]
      .map(({ key, used }) => ({ maximum: this.caps.get(key) ?? Infinity, used }))
      .find(({ maximum, used }) => used + credits > maximum);
  }

  protected openJob(jobId: string): ModelJob {
    const job = this.jobs.get(jobId);
    check(job?.status === 'open', () => `job ${jobId} is not open but ${job?.status ?? 'unknown'}`);
    return job;
  }

  /** A job that can still end: open or timed out. */
  protected unendedJob(jobId: string): ModelJob {
    const job = this.jobs.get(jobId);
    check(job !== undefined, () => `job ${jobId} ends without a reservation`);
    check(job.status === 'open' || job.status === 'timed-out', () => `job ${jobId} ends twice`);
    return job;
  }
}

export const isDueEvent = (event: LedgerEvent): boolean =>
  event.type === 'CreditsExpired' ||
  event.type === 'PeriodClosed' ||
  (event.type === 'CreditsRefunded' && event.data.reason === 'timed-out');
