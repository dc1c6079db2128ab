import { BrokenInvariant, plural, type Instant } from '@tallystick/domain/kernel';
import {
  isJobEnd,
  isJobEvent,
  isMovement,
  type JobEndEvent,
  type MovementEvent,
  type Draw,
  type LedgerEvent,
} from './events';
import { checkGrants, checkPeriods, noPeriods, recordPeriod, type ClosedPeriods } from './audit-periods';
import { sumOf } from './state/burn-down';
import { evolve } from './state/evolve';
import { capKey, initialLedger, type Ledger } from './state/ledger';
import type { LedgerStreamEvent } from './views/view';

/** The state of an audit of one organization's stream. Each event is folded as `decide` folds it and checked independently. */
export interface Audit {
  readonly ledger: Ledger;
  /** The next revision. */
  next: number;
  /** Jobs that ended within the window, with the time of their end. */
  readonly ended: Map<string, Instant>;
  /** Reserved credits that a consumption did not use: the next event must refund them. */
  unused: { readonly jobId: string; readonly credits: number } | undefined;
  readonly periods: ClosedPeriods;
  /** Folding failed: later events are not checked. */
  isBroken: boolean;
}

export const newAudit = (): Audit => ({
  ledger: initialLedger(),
  next: 0,
  ended: new Map(),
  unused: undefined,
  periods: noPeriods(),
  isBroken: false,
});

/** Checks and folds the next stored event. Returns a description of each breach. */
export function audit(state: Audit, event: LedgerStreamEvent['event'], revision: number): string[] {
  if (state.isBroken) return [];
  const gap = revision === state.next ? [] : [`revision ${state.next} is missing`];
  state.next = revision + 1;
  if (event.type === 'ForeignEventSkipped') return gap;
  const breaches = [
    ...gap,
    ...checkTime(state.ledger, event),
    ...checkReservation(state, event),
    ...checkSums(event),
    ...checkCaps(state.ledger, event),
    ...checkGrants(state.ledger, event),
    ...checkPeriods(state.periods, state.ledger, event),
  ];
  const { end } = state.ledger.openPeriod;
  try {
    evolve(state.ledger, event, revision);
  } catch (error) {
    if (!(error instanceof BrokenInvariant)) throw error;
    state.isBroken = true;
    return [...breaches, error.message];
  }
  recordPeriod(state.periods, state.ledger, event, end);
  recordEnds(state, event);
  return breaches;
}

const checkTime = (ledger: Ledger, { metadata }: LedgerEvent): string[] =>
  metadata.recordedAt < ledger.now ? ['it was recorded before the event that it follows'] : [];

/** A reservation ends exactly once. Only a job that timed out may have an outcome after that. */
function checkReservation(state: Audit, event: LedgerEvent): string[] {
  const { unused } = state;
  state.unused = undefined;
  if (event.type === 'CreditsRefunded' && event.data.reason === 'unused') {
    const { jobId, credits } = event.data;
    const isExpected = unused?.jobId === jobId && unused.credits === credits;
    return isExpected
      ? []
      : [`job ${jobId} gets ${plural(credits, 'unused credit')} back that its consumption did not leave`];
  }
  if (unused) return [`job ${unused.jobId} left ${plural(unused.credits, 'reserved credit')} that nothing gave back`];
  if (event.type === 'CreditsReserved')
    return isKnownJob(state, event.data.jobId) ? [`job ${event.data.jobId} is reserved a second time`] : [];
  return isJobEnd(event) ? checkEnd(state, event) : [];
}

function checkEnd(state: Audit, event: JobEndEvent): string[] {
  const { jobId, draws, late } = event.data;
  if (state.ended.has(jobId)) return [`job ${jobId} ends a second time`];
  const job = state.ledger.jobs.get(jobId);
  if (!job) return late ? [] : [`job ${jobId} ends without having been reserved`];
  const left = job.reservation.credits - sumOf(draws);
  switch (event.type) {
    case 'CreditsConsumed':
      if (left > 0) state.unused = { jobId, credits: left };
      return [];
    case 'CreditsRefunded':
      return left === 0 ? [] : [`job ${jobId} failed and did not get all of its credits back`];
  }
}

const isKnownJob = (state: Audit, jobId: string): boolean => state.ledger.jobs.has(jobId) || state.ended.has(jobId);

function checkSums(event: LedgerEvent): string[] {
  const draws = isMovement(event) ? drawsOf(event) : null;
  if (!isMovement(event) || draws === null) return [];
  const { credits } = event.data;
  return sumOf(draws) === credits
    ? []
    : [`its draws add up to ${sumOf(draws)}, not to its ${plural(credits, 'credit')}`];
}

function drawsOf(event: MovementEvent): readonly Draw[] | null {
  switch (event.type) {
    case 'CreditsReserved':
    case 'CreditsRefunded':
      return event.data.draws;
    case 'CreditsConsumed':
      return [...event.data.draws, ...event.data.surplus];
    case 'CreditsGranted':
    case 'CreditsExpired':
    case 'CreditsRevoked':
      return null;
  }
}

/** A surplus may exceed a cap, a reservation may not. */
function checkCaps(ledger: Ledger, event: LedgerEvent): string[] {
  if (event.type !== 'CreditsReserved') return [];
  const { projectId, apiKeyId, credits, period } = event.data;
  return [capKey({ projectId }), ...(apiKeyId === undefined ? [] : [capKey({ apiKeyId })])].flatMap((key) => {
    const cap = ledger.caps.get(key);
    const count = ledger.spent.get(key);
    const used = count?.period === period ? count.value : 0;
    return cap !== undefined && used + credits > cap
      ? [`the cap of ${key} is ${cap}, and this makes it ${used + credits}`]
      : [];
  });
}

/** Removes ended jobs from the ledger's state. Their ids are kept to recognize a second end. */
function recordEnds(state: Audit, event: LedgerEvent): void {
  if (state.unused === undefined && isJobEvent(event)) state.ledger.settled.delete(event.data.jobId);
  if (event.type === 'JobWindowClosed')
    for (const [jobId, at] of state.ended) if (at < event.data.before) state.ended.delete(jobId);
  const isEnd = isJobEnd(event) && !(event.type === 'CreditsRefunded' && event.data.reason === 'timed-out');
  if (isEnd) state.ended.set(event.data.jobId, event.metadata.recordedAt);
}
