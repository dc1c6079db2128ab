import { millisecondsOf, plusMilliseconds } from '@tallystick/domain/kernel';
import { rate, type Rating } from '@tallystick/domain/catalog';
import { sumOf } from '../state/burn-down';
import type { CommandOf, LedgerDecision } from '../commands';
import { waitingOutcome } from './outcome';
import type { Draw, Reservation } from '../events';
import type { Policy } from '../policy';
import { decisionTime, grantForJob, recorder, refused } from './recorder';
import { isSameFeatures, isSameUsage, ratedFeatures, ratedUsage } from './rated-fields';
import {
  budgetCapExceeded,
  jobConflict,
  tooManyOpenJobs,
  insufficientCredits,
  isOfOtherProject,
  usageLimitExceeded,
  jobNotFound,
  staleJob,
  unratable,
} from './refusals';
import { billingPeriod } from '../state/billing-terms';
import { jobResultOf, findJob, type JobResult, type Job, type Ledger } from '../state/ledger';

/** Reserves credits. The checks have a fixed order: input, usage limit, budget cap, credits. */
export function submitJob(policy: Policy, command: CommandOf<'SubmitJob'>, ledger: Ledger): LedgerDecision {
  const known = findJob(ledger, command);
  if (known && isSameJob(known.reservation, command, policy)) return repeatedReserve(known);
  const rated = rate(policy.catalog, command.job);
  if (!rated.ok) return refused(unratable('The job', rated));
  if (known) return refused(jobConflict(command.jobId));
  const { rating } = rated;
  const now = decisionTime(command, ledger);
  const period = billingPeriod(ledger, now).start;
  const refusal =
    staleJob(policy, ledger, command, now) ??
    tooManyOpenJobs(policy, ledger) ??
    usageLimitExceeded(policy, ledger, command.projectId, period) ??
    budgetCapExceeded(policy, ledger, command, period, rating.credits);
  if (refusal) return refused(refusal);
  const record = recorder(command, ledger);
  const draws = ledger.burnDown.draw(rating.credits, rating.operation, policy.catalog.burnDownOrder);
  const missing = rating.credits - sumOf(draws);
  if (missing > 0 && ledger.overage === 'none') return refused(insufficientCredits(policy, ledger, rating));
  const overage = missing > 0 ? grantForJob(record, command.jobId, 'payg', missing) : undefined;
  if (overage) draws.push(overage.draw);
  const reservation = reserve(policy, command, rating, draws, now, period);
  const answer = { kind: 'reserved', credits: rating.credits, draws } as const;
  return {
    events: [...(overage?.events ?? []), record('CreditsReserved', reservation)],
    answer,
    then: waitingOutcome(ledger, command, answer),
  };
}

/** A heartbeat moves the deadline. If it would move it by less than a tenth of the time-out, no event is recorded. */
export function extendJob(command: CommandOf<'ExtendJob'>, ledger: Ledger): LedgerDecision {
  const job = findJob(ledger, command);
  if (job && isOfOtherProject(job, command)) return refused(jobNotFound);
  if (job?.status !== 'reserved') return { events: [], answer: { kind: 'done' } };
  const timeout = job.reservation.timeoutSeconds * 1_000;
  const expiresAt = plusMilliseconds(decisionTime(command, ledger), timeout);
  if (millisecondsOf(expiresAt) - millisecondsOf(job.expiresAt) < timeout / 10)
    return { events: [], answer: { kind: 'extended', expiresAt: job.expiresAt } };
  const event = recorder(command, ledger)('ReservationExtended', { jobId: command.jobId, expiresAt });
  return { events: [event], answer: { kind: 'extended', expiresAt } };
}

function reserve(
  policy: Policy,
  command: CommandOf<'SubmitJob'>,
  rating: Rating,
  draws: Draw[],
  now: string,
  period: string,
): Reservation {
  const timeoutSeconds = policy.catalog.operations.get(rating.operation)!.reservationTimeoutSeconds;
  return {
    jobId: command.jobId,
    projectId: command.projectId,
    apiKeyId: command.apiKeyId,
    credits: rating.credits,
    draws,
    rating,
    usage: ratedUsage(command.job.usage),
    features: ratedFeatures(command.job.features),
    expiresAt: plusMilliseconds(now, timeoutSeconds * 1_000),
    timeoutSeconds,
    period,
    hasDetails: command.hasDetails,
  };
}

/** The answer to the first submission. It includes the job's result if the job ended in the same append. */
function repeatedReserve(job: Job): LedgerDecision {
  const { reservation, revision, outcomeWasWaiting } = job;
  const { credits, draws } = reservation;
  const ended = outcomeWasWaiting ? { ...jobResultOf(job as Job & JobResult), reservedAt: revision } : undefined;
  return { events: [], answer: { kind: 'reserved', credits, draws, ended, repeated: { revision } } };
}

/** Compares the fields that rating and budget caps depend on, not the details. */
function isSameJob(
  { rating, projectId, usage, features }: Reservation,
  { projectId: project, job }: CommandOf<'SubmitJob'>,
  { catalog }: Policy,
): boolean {
  return (
    rating.operation === (job.operation ?? catalog.defaultOperation) &&
    projectId === project &&
    isSameUsage(catalog, usage, ratedUsage(job.usage)) &&
    isSameFeatures(features, job.features)
  );
}
