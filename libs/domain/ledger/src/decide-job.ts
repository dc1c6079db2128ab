import { millisecondsOf, plusMilliseconds } from '@tallystick/domain/kernel';
import { rate, type Rating } from '@tallystick/domain/catalog';
import { sumOf } from './burn-down';
import type { Command, CommandOf, Decided } from './commands';
import type { Draw, Reservation } from './events';
import { grantForJob, nowOf, recorder, refused, type Policy } from './policy';
import { ratedFeatures, ratedUsage, isSame } from './rated-fields';
import { capReached, conflict, crowding, insufficient, limitReached, staleness, unratable } from './refusals';
import { billingPeriod, knownJob, type Job, type Ledger } from './state';

/** Reserve. The order of refusals is the law's: bad input, usage limit, budget cap, credits. */
export function submit(policy: Policy, command: CommandOf<'SubmitJob'>, ledger: Ledger): Decided {
  const known = knownJob(ledger, command);
  if (known && isSameJob(known.reservation, command, policy)) return repeatedReserve(known);
  const rated = rate(policy.catalog, command.job);
  if (!rated.ok) return refused(unratable('The job', rated.problems));
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
  if (missing > 0 && ledger.overage === 'none') return refused(insufficient(ledger, rating));
  const overage = missing > 0 ? grantForJob(record, command.jobId, 'payg', missing) : undefined;
  if (overage) draws.push(overage.draw);
  const reservation = reserve(policy, command, rating, draws, now, period);
  return {
    events: [...(overage?.events ?? []), record('CreditsReserved', reservation)],
    answer: { kind: 'reserved', credits: rating.credits, draws },
    then: rememberedOutcome(ledger, command),
  };
}

/** A heartbeat moves the deadline; one that would hardly move it is answered without an event. */
export function extend(command: CommandOf<'ExtendJob'>, ledger: Ledger): Decided {
  const job = knownJob(ledger, command);
  if (job?.status !== 'reserved') return { events: [], answer: { kind: 'done' } };
  const timeout = job.reservation.timeoutSeconds * 1_000;
  const expiresAt = plusMilliseconds(nowOf(command, ledger), timeout);
  if (millisecondsOf(expiresAt) - millisecondsOf(job.expiresAt) < timeout / 10)
    return { events: [], answer: { kind: 'extended', expiresAt: job.expiresAt } };
  const event = recorder(command, ledger)('ReservationExtended', { jobId: command.jobId, expiresAt });
  return { events: [event], answer: { kind: 'extended', expiresAt } };
}

function rememberedOutcome(ledger: Ledger, command: CommandOf<'SubmitJob'>): Command | undefined {
  const early = ledger.early.get(command.jobId);
  if (!early) return undefined;
  const { jobId, now, correlationId, causationId, actor } = command;
  const common = { jobId, now, occurredAt: early.at, correlationId, causationId, actor };
  return { ...common, type: 'EndJob', outcome: early.outcome };
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

const repeatedReserve = ({ reservation, revision }: Job): Decided => ({
  events: [],
  answer: {
    kind: 'reserved',
    credits: reservation.credits,
    draws: reservation.draws,
    repeated: { revision },
  },
});

/** The fields that a job is rated and capped by; its details are not compared. */
function isSameJob(
  { rating, projectId, usage, features }: Reservation,
  { projectId: project, job }: CommandOf<'SubmitJob'>,
  { catalog }: Policy,
): boolean {
  return (
    rating.operation === (job.operation ?? catalog.defaultOperation) &&
    projectId === project &&
    isSame(usage, ratedUsage(job.usage)) &&
    isSame(features, ratedFeatures(job.features))
  );
}
