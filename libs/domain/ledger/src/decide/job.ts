import { millisecondsOf, plusMilliseconds } from '@tallystick/domain/kernel';
import { rate, type Rating } from '@tallystick/domain/catalog';
import { sumOf } from '../state/burn-down';
import type { CommandOf, Decided } from '../commands';
import { waitingOutcome } from './outcome';
import type { Draw, Reservation } from '../events';
import { grantForJob, nowOf, recorder, refused, type Policy } from '../policy';
import { isSameFeatures, isSameUsage, ratedFeatures, ratedUsage } from './rated-fields';
import {
  capReached,
  conflict,
  crowding,
  insufficient,
  isOfAnother,
  limitReached,
  noSuchJob,
  staleness,
  unratable,
} from './refusals';
import { billingPeriod, endOf, knownJob, type End, type Job, type Ledger } from '../state/ledger';

/** Reserve. The order of refusals is the law's: bad input, usage limit, budget cap, credits. */
export function submit(policy: Policy, command: CommandOf<'SubmitJob'>, ledger: Ledger): Decided {
  const known = knownJob(ledger, command);
  if (known && isSameJob(known.reservation, command, policy)) return repeatedReserve(known);
  const rated = rate(policy.catalog, command.job);
  if (!rated.ok) return refused(unratable('The job', rated));
  if (known) return refused(conflict(command.jobId));
  const { rating } = rated;
  const now = nowOf(command, ledger);
  const period = billingPeriod(ledger, now).start;
  const no =
    staleness(policy, ledger, command, now) ??
    crowding(policy, ledger) ??
    limitReached(policy, ledger, command.projectId, period) ??
    capReached(policy, ledger, command, period, rating.credits);
  if (no) return refused(no);
  const record = recorder(command, ledger);
  const draws = ledger.burnDown.draw(rating.credits, rating.operation, policy.catalog.burnDownOrder);
  const missing = rating.credits - sumOf(draws);
  if (missing > 0 && ledger.overage === 'none') return refused(insufficient(policy, ledger, rating));
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

/** A heartbeat moves the deadline; one that would hardly move it is answered without an event. */
export function extend(command: CommandOf<'ExtendJob'>, ledger: Ledger): Decided {
  const job = knownJob(ledger, command);
  if (job && isOfAnother(job, command)) return refused(noSuchJob);
  if (job?.status !== 'reserved') return { events: [], answer: { kind: 'done' } };
  const timeout = job.reservation.timeoutSeconds * 1_000;
  const expiresAt = plusMilliseconds(nowOf(command, ledger), timeout);
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

/** The answer that the first submission got: with the job's end only where that came in the same append. */
function repeatedReserve(job: Job): Decided {
  const { reservation, revision, outcomeWasWaiting } = job;
  const { credits, draws } = reservation;
  const ended = outcomeWasWaiting ? { ...endOf(job as Job & End), reservedAt: revision } : undefined;
  return { events: [], answer: { kind: 'reserved', credits, draws, ended, repeated: { revision } } };
}

/** The fields that a job is rated and capped by; its details are not compared. */
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
