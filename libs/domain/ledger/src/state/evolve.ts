import { assertThat, earliest, type EventMetadata, type Instant } from '@tallystick/domain/kernel';
import { evolveBalance, usableUntil } from './balance';
import { evolveTerms } from './billing-terms';
import { sumOf } from './burn-down';
import type { FactOf, LateJob, LedgerEvent, Reservation } from '../events';
import { soldGrantIdOf } from './grant-ids';
import {
  capKey,
  appliesTo,
  limitKey,
  REQUESTS,
  type EarlyOutcome,
  type Job,
  type Ledger,
  type PeriodCount,
} from './ledger';

/** Folds one event into the ledger. Throws BrokenInvariant if credits would not be conserved. */
export function evolve(ledger: Ledger, event: LedgerEvent, revision: number): Ledger {
  ledger.now = event.metadata.recordedAt;
  evolveBalance(ledger.balance, event);
  evolveTerms(ledger, event);
  switch (event.type) {
    case 'CreditsGranted':
      return granted(ledger, event.data, revision);
    case 'CreditsReserved':
      return reserved(ledger, event.data, revision);
    case 'CreditsConsumed':
      return consumed(ledger, event.data, revision);
    case 'CreditsRefunded':
      return refunded(ledger, event.data, revision);
    case 'CreditsExpired':
    case 'CreditsRevoked':
      return ended(ledger, event.data);
    case 'ReservationExtended':
      return extended(ledger, event.data);
    case 'OutcomeRemembered':
      return remembered(ledger, event.data, event.metadata.recordedAt);
    case 'OutcomeContradicted':
      return contradicted(ledger, event.data, revision);
    case 'JobWindowClosed':
      return windowClosed(ledger, event.data.before);
    case 'OrganizationOpened':
      return Object.assign(ledger, { opened: true, currency: event.data.currency });
    case 'PlanSet':
      return planned(ledger, event.data, revision);
    case 'BudgetCapSet':
      return capped(ledger, event.data);
    case 'SettingsChanged':
      return Object.assign(ledger, { settings: { ...ledger.settings, ...event.data.settings } });
    case 'UsageReported':
      return reported(ledger, event.data, event.metadata);
    case 'HistorySealed':
      return Object.assign(ledger, { sealedUpTo: event.data.upTo });
    case 'GrantGraceSet':
      return Object.assign(ledger, { nextExpiry: ledger.burnDown.nextExpiry() });
    case 'PlanScheduled':
    case 'PeriodClosed':
    case 'OverageSet':
    case 'ForeignEventAccepted':
      return ledger;
  }
}

function granted(
  ledger: Ledger,
  { grantId, kind, credits, scope, expiresAt, graceUntil, paid, jobId }: FactOf<'CreditsGranted'>,
  revision: number,
): Ledger {
  if (jobId !== undefined) return ledger;
  ledger.given.set(grantId, { kind, credits, scope, expiresAt, paid, revision });
  ledger.burnDown.add(ledger.balance.grants.get(grantId)!);
  ledger.nextExpiry = earliest(ledger.nextExpiry, usableUntil({ expiresAt, graceUntil }));
  return ledger;
}

function reserved(ledger: Ledger, reservation: Reservation, revision: number): Ledger {
  const { jobId, expiresAt, credits } = reservation;
  const job: Job = {
    reservation,
    revision,
    expiresAt,
    status: 'reserved',
    consumed: 0,
    refunded: 0,
    writtenOff: 0,
  };
  ledger.jobs.set(jobId, job);
  // Outcomes that other projects reported under this id cannot apply to a job any more.
  keepEarly(ledger, jobId, (early) => appliesTo(early, reservation.projectId));
  wait(ledger, job);
  spend(ledger, reservation, credits, 1);
  return ledger;
}

function consumed(ledger: Ledger, fact: FactOf<'CreditsConsumed'>, revision: number): Ledger {
  const job = movedJob(ledger, fact.jobId, fact.late);
  spend(ledger, job.reservation, sumOf(fact.surplus), job.status === 'timed-out' ? 1 : 0);
  forgetEmptyGrants(ledger, fact.draws);
  forgetEmptyGrants(ledger, fact.surplus);
  job.consumed = fact.credits;
  job.writtenOff = fact.writtenOff;
  if (fact.outcomeWasWaiting) job.outcomeWasWaiting = true;
  return settle(ledger, job, 'consumed', revision);
}

function refunded(ledger: Ledger, fact: FactOf<'CreditsRefunded'>, revision: number): Ledger {
  const job = movedJob(ledger, fact.jobId, fact.late);
  const unfinished = fact.reason !== 'unused' && job.status === 'reserved';
  spend(ledger, job.reservation, -fact.credits, unfinished ? -1 : 0);
  job.refunded += fact.credits;
  if (fact.outcomeWasWaiting) job.outcomeWasWaiting = true;
  if (fact.reason === 'unused') return settle(ledger, job, 'consumed', revision);
  return settle(ledger, job, fact.reason === 'timed-out' ? 'timed-out' : 'refunded', revision);
}

function ended(ledger: Ledger, fact: FactOf<'CreditsExpired'> | FactOf<'CreditsRevoked'>): Ledger {
  forgetEmptyGrants(ledger, [fact]);
  if (fact.jobId === undefined) ledger.nextExpiry = ledger.burnDown.nextExpiry();
  return ledger;
}

function extended(ledger: Ledger, { jobId, expiresAt }: FactOf<'ReservationExtended'>): Ledger {
  const job = movedJob(ledger, jobId);
  ledger.waiting.get(job.reservation.timeoutSeconds)?.delete(jobId);
  job.expiresAt = expiresAt;
  wait(ledger, job);
  return ledger;
}

function remembered(ledger: Ledger, { jobId, outcome, projectId }: FactOf<'OutcomeRemembered'>, at: Instant): Ledger {
  ledger.early.set(jobId, [...(ledger.early.get(jobId) ?? []), { outcome, at, projectId }]);
  return ledger;
}

function contradicted(ledger: Ledger, { jobId, projectId }: FactOf<'OutcomeContradicted'>, revision: number): Ledger {
  const early = ledger.early.get(jobId);
  if (early)
    ledger.early.set(
      jobId,
      early.map((one) => (one.projectId === projectId ? { ...one, contradicted: true } : one)),
    );
  else ledger.contradicted.set(jobId, revision);
  return ledger;
}

function windowClosed(ledger: Ledger, before: Instant): Ledger {
  ledger.windowClosedBefore = before;
  for (const jobId of ledger.early.keys()) keepEarly(ledger, jobId, ({ at }) => at >= before);
  return ledger;
}

function keepEarly(ledger: Ledger, jobId: string, isKept: (early: EarlyOutcome) => boolean): void {
  const early = ledger.early.get(jobId);
  if (!early) return;
  const kept = early.filter(isKept);
  if (kept.length === 0) ledger.early.delete(jobId);
  else ledger.early.set(jobId, kept);
}

/** Number of plan payments whose answers are kept. An older one is known by its grant. */
const KEPT_PLANS = 16;

function planned(ledger: Ledger, { plan, invoiceLineId }: FactOf<'PlanSet'>, revision: number): Ledger {
  if (plan === undefined || invoiceLineId === undefined) return ledger;
  const { appliedPlans, anchor, openPeriod, given } = ledger;
  appliedPlans.set(invoiceLineId, { plan, anchor: anchor.start, period: openPeriod, revision });
  const outdated = [...appliedPlans.keys()].slice(0, -KEPT_PLANS);
  for (const line of outdated) if (given.has(soldGrantIdOf(line))) appliedPlans.delete(line);
  return ledger;
}

function reported(ledger: Ledger, fact: FactOf<'UsageReported'>, { occurredAt, recordedAt }: EventMetadata): Ledger {
  const measuredAt = occurredAt < recordedAt ? occurredAt : recordedAt;
  ledger.reported.set(limitKey(fact.limit, fact.projectId), {
    period: fact.period ?? measuredAt,
    value: fact.value,
  });
  return ledger;
}

function capped(ledger: Ledger, { target, credits }: FactOf<'BudgetCapSet'>): Ledger {
  if (credits === undefined) ledger.caps.delete(capKey(target));
  else ledger.caps.set(capKey(target), credits);
  return ledger;
}

/** Jobs with the same time-out are due in the order of their last heartbeat or submission. */
function wait(ledger: Ledger, job: Job): void {
  const { jobId, timeoutSeconds } = job.reservation;
  const queue = ledger.waiting.get(timeoutSeconds);
  if (queue) queue.set(jobId, job);
  else ledger.waiting.set(timeoutSeconds, new Map([[jobId, job]]));
}

function settle(ledger: Ledger, job: Job, status: Job['status'], revision: number): Ledger {
  const { jobId, timeoutSeconds } = job.reservation;
  ledger.jobs.delete(jobId);
  ledger.waiting.get(timeoutSeconds)?.delete(jobId);
  if (ledger.early.get(jobId)?.some((early) => early.contradicted)) job.contradicted = true;
  ledger.early.delete(jobId);
  job.status = status;
  job.endRevision = revision;
  job.endedAt = ledger.now;
  ledger.settled.delete(jobId);
  ledger.settled.set(jobId, job);
  return ledger;
}

function movedJob(ledger: Ledger, jobId: string, late?: LateJob): Job {
  const known = ledger.jobs.get(jobId) ?? ledger.settled.get(jobId);
  if (known) return known;
  assertThat(late !== undefined, () => `job ${jobId} ends without having been reserved`);
  const { reservation, revision, refunded } = late;
  return {
    reservation,
    revision,
    expiresAt: reservation.expiresAt,
    status: 'timed-out',
    consumed: 0,
    refunded,
    writtenOff: 0,
  };
}

function spend(ledger: Ledger, { projectId, apiKeyId, period }: Reservation, credits: number, requests: number): void {
  count(ledger.spent, capKey({ projectId }), period, credits);
  if (apiKeyId !== undefined) count(ledger.spent, capKey({ apiKeyId }), period, credits);
  if (requests === 0) return;
  count(ledger.reported, limitKey(REQUESTS), period, requests);
  count(ledger.reported, limitKey(REQUESTS, projectId), period, requests);
}

/** A later period starts at zero. An earlier period no longer matters to any cap. */
function count(counts: Map<string, PeriodCount>, key: string, period: Instant, by: number): void {
  const current = counts.get(key);
  if (current === undefined || current.period < period) counts.set(key, { period, value: by });
  else if (current.period === period) current.value += by;
}

function forgetEmptyGrants(ledger: Ledger, draws: readonly { readonly grantId: string }[]): void {
  for (const { grantId } of draws) {
    if (ledger.balance.grants.has(grantId) || !ledger.burnDown.remove(grantId)) continue;
    ledger.nextExpiry = ledger.burnDown.nextExpiry();
  }
}

/** Removes ended jobs and contradictions that the settled-jobs index has: those up to `revision`. */
export function forgetSettled(ledger: Ledger, revision: number): void {
  for (const [jobId, job] of ledger.settled) {
    if (job.endRevision! > revision) break;
    ledger.settled.delete(jobId);
    ledger.forgottenUpTo = Math.max(ledger.forgottenUpTo, job.endRevision!);
  }
  for (const [jobId, at] of ledger.contradicted) {
    if (at > revision) continue;
    ledger.contradicted.delete(jobId);
    ledger.forgottenUpTo = Math.max(ledger.forgottenUpTo, at);
  }
}
