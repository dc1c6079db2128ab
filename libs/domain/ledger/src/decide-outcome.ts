import { rateActual, type Rating } from '@tallystick/domain/catalog';
import { split, sumOf } from './burn-down';
import type { CommandOf, Decided } from './commands';
import type { Outcome } from './events';
import { giveBack, hadDetails, lateJob } from './give-back';
import { grantForJob, nowOf, recorder, refused, type Policy, type Recorder } from './policy';
import { isSame, ratedOutcome } from './rated-fields';
import { staleness, tooManyEarly, unratable } from './refusals';
import { knownJob, type Job, type Ledger } from './state';

/** Consume or refund. The first outcome wins; a different one later is recorded once and moves nothing. */
export function end(policy: Policy, command: CommandOf<'EndJob'>, ledger: Ledger): Decided {
  const job = knownJob(ledger, command);
  if (!job) return remember(policy, command, ledger);
  const { outcome } = command;
  const usage = outcome.kind === 'completed' ? outcome.usage : undefined;
  const rated = rateActual(policy.catalog, job.reservation.rating, usage);
  if (!rated.ok) return refused(unratable('The usage', rated.problems));
  if (job.status === 'consumed' || job.status === 'refunded')
    return again(command, ledger, job, job.status, rated.rating.credits);
  const record = recorder(command, ledger);
  return outcome.kind === 'failed'
    ? fail(record, ledger, job, outcome.reason)
    : complete(policy, record, ledger, job, rated.rating);
}

/** Less than reserved: the rest goes back. More: the grants pay the surplus, then overage, and what is left nobody pays. */
function complete(policy: Policy, record: Recorder, ledger: Ledger, job: Job, rating: Rating): Decided {
  const { jobId, projectId, apiKeyId, draws } = job.reservation;
  const { first, rest } = split(job.status === 'reserved' ? draws : [], rating.credits);
  const beyond = rating.credits - sumOf(first);
  const surplus = ledger.burnDown.draw(beyond, rating.operation, policy.catalog.burnDownOrder);
  const missing = beyond - sumOf(surplus);
  const overage =
    missing > 0 && ledger.overage !== 'none' ? grantForJob(record, jobId, 'surplus', missing) : undefined;
  if (overage) surplus.push(overage.draw);
  const writtenOff = overage ? 0 : missing;
  const credits = rating.credits - writtenOff;
  const consumed = {
    jobId,
    projectId,
    apiKeyId,
    operation: rating.operation,
    hasDetails: hadDetails(job),
    credits,
    draws: first,
    surplus,
    writtenOff,
    rating,
    late: lateJob(job),
  };
  return {
    events: [
      ...(overage?.events ?? []),
      record('CreditsConsumed', consumed),
      ...(rest.length > 0 ? giveBack(record, ledger, job, rest, 'unused') : []),
    ],
    answer: {
      kind: 'ended',
      status: 'consumed',
      consumed: credits,
      refunded: job.refunded + sumOf(rest),
      writtenOff,
    },
  };
}

function fail(record: Recorder, ledger: Ledger, job: Job, reason: 'failed' | 'incomplete'): Decided {
  const { credits, draws } = job.reservation;
  return {
    events: giveBack(record, ledger, job, job.status === 'reserved' ? draws : [], reason),
    answer: { kind: 'ended', status: 'refunded', consumed: 0, refunded: credits, writtenOff: 0 },
  };
}

/** A job that had ended before. */
function again(
  command: CommandOf<'EndJob'>,
  ledger: Ledger,
  job: Job,
  status: 'consumed' | 'refunded',
  credits: number,
): Decided {
  const { consumed, refunded, writtenOff } = job;
  const { jobId } = command;
  const outcome = ratedOutcome(command.outcome);
  const agrees =
    outcome.kind === 'failed'
      ? status === 'refunded'
      : status === 'consumed' && consumed + writtenOff === credits;
  const isSaid = job.contradicted || ledger.contradicted.has(jobId);
  const repeated = { revision: job.endRevision!, contradicted: !agrees };
  return {
    events: agrees || isSaid ? [] : [recorder(command, ledger)('OutcomeContradicted', { jobId, outcome })],
    answer: { kind: 'ended', status, consumed, refunded, writtenOff, repeated },
  };
}

/** The outcome of a job that nobody has submitted yet waits for its submission. */
function remember(policy: Policy, command: CommandOf<'EndJob'>, ledger: Ledger): Decided {
  const { jobId } = command;
  const outcome = ratedOutcome(command.outcome);
  const record = recorder(command, ledger);
  const early = ledger.early.get(jobId);
  if (early) {
    const isSaid = early.contradicted || agree(early.outcome, outcome);
    const events = isSaid ? [] : [record('OutcomeContradicted', { jobId, outcome })];
    return { events, answer: { kind: 'remembered', outcome: early.outcome } };
  }
  const no = staleness(policy, ledger, command, nowOf(command, ledger)) ?? tooManyEarly(policy, ledger);
  if (no) return refused(no);
  return {
    events: [record('OutcomeRemembered', { jobId, outcome })],
    answer: { kind: 'remembered', outcome },
  };
}

/** Any two failures do: everything goes back. */
const agree = (a: Outcome, b: Outcome): boolean =>
  (a.kind === 'failed' && b.kind === 'failed') || isSame(a, b);
