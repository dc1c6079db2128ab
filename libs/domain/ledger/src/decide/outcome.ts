import { rateActual, tooManyPages, type Rating, type Usage } from '@tallystick/domain/catalog';
import { split, sumOf } from '../state/burn-down';
import type { CommandOf, LedgerDecision, PendingSubmission, Refusal, ReservedAnswer } from '../commands';
import type { Outcome } from '../events';
import { refund, hadDetails, lateJob } from './refund';
import type { Policy } from '../policy';
import { decisionTime, grantForJob, recorder, refused, type Recorder } from './recorder';
import { isCountable, isSameUsage, ratedOutcome } from './rated-fields';
import { isOfOtherProject, jobNotFound, staleJob, tooManyEarlyOutcomes, unratable } from './refusals';
import { appliesTo, jobResultOf, findJob, type EarlyOutcome, type Job, type Ledger } from '../state/ledger';

/** Consume or refund. The first outcome wins; a different one later is recorded once and moves nothing. */
export function endJob(policy: Policy, command: CommandOf<'EndJob'>, ledger: Ledger): LedgerDecision {
  const job = findJob(ledger, command);
  if (!job) return remember(policy, command, ledger);
  if (isOfOtherProject(job, command)) return refused(jobNotFound);
  const decided = endKnown(policy, command, ledger, job);
  return command.met ? withSubmission(decided, command, command.met, job) : decided;
}

/** The submission is answered with how its job ended; where that outcome cannot be rated, with the reservation, and the job stays open. */
function withSubmission(
  { events, answer }: LedgerDecision,
  command: CommandOf<'EndJob'>,
  { reserved, other }: PendingSubmission,
  { revision }: Job,
): LedgerDecision {
  const submissionAnswer =
    answer.kind === 'ended' ? { ...reserved, ended: { ...jobResultOf(answer), reservedAt: revision } } : reserved;
  return {
    events,
    answer: submissionAnswer,
    then: other && endEarly(command, other, { reserved: submissionAnswer }),
  };
}

/** What applies the outcomes that wait for a job, in the append that reserves for it; nothing where none waits. */
export function waitingOutcome(
  ledger: Ledger,
  command: CommandOf<'SubmitJob'>,
  reserved: ReservedAnswer,
): CommandOf<'EndJob'> | undefined {
  const early = ledger.early.get(command.jobId)?.filter((one) => appliesTo(one, command.projectId)) ?? [];
  const [first, other] = early;
  return first && endEarly(command, first, { reserved, other });
}

function endEarly(
  { jobId, now, correlationId, causationId, actor }: CommandOf<'SubmitJob' | 'EndJob'>,
  { at, outcome, projectId }: EarlyOutcome,
  met: PendingSubmission,
): CommandOf<'EndJob'> {
  const metadata = { now, occurredAt: at, correlationId, causationId, actor };
  return { ...metadata, type: 'EndJob', jobId, outcome, projectId, met };
}

function endKnown(policy: Policy, command: CommandOf<'EndJob'>, ledger: Ledger, job: Job): LedgerDecision {
  const { rating } = job.reservation;
  // An outcome that waited was accepted before its unit could be checked: a usage that does not name the unit counts like none.
  const outcome: Outcome =
    command.met && !isCountable(command.outcome, rating.unit) ? { kind: 'completed' } : command.outcome;
  const usage = outcome.kind === 'completed' ? outcome.usage : undefined;
  const rated = rateActual(policy.catalog, rating, usage);
  if (!rated.ok) return refused(unratable('The usage', rated));
  if (job.status === 'consumed' || job.status === 'refunded')
    return repeatOutcome(command, ledger, job, job.status, rated.rating.credits);
  const record = recorder(command, ledger);
  const outcomeWasWaiting = command.met && (true as const);
  return outcome.kind === 'failed'
    ? fail(record, ledger, job, outcome.reason, outcomeWasWaiting)
    : complete(policy, record, ledger, job, rated.rating, outcomeWasWaiting);
}

/** Less than reserved: the rest goes back. More: the grants pay the surplus, then overage, and what is left nobody pays. */
function complete(
  policy: Policy,
  record: Recorder,
  ledger: Ledger,
  job: Job,
  rating: Rating,
  outcomeWasWaiting?: true,
): LedgerDecision {
  const { jobId, projectId, apiKeyId, draws } = job.reservation;
  const { first, rest } = split(job.status === 'reserved' ? draws : [], rating.credits);
  const beyond = rating.credits - sumOf(first);
  const surplus = ledger.burnDown.draw(beyond, rating.operation, policy.catalog.burnDownOrder);
  const missing = beyond - sumOf(surplus);
  const overage = missing > 0 && ledger.overage !== 'none' ? grantForJob(record, jobId, 'surplus', missing) : undefined;
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
    outcomeWasWaiting,
  };
  return {
    events: [
      ...(overage?.events ?? []),
      record('CreditsConsumed', consumed),
      ...(rest.length > 0 ? refund(record, ledger, job, rest, 'unused') : []),
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

function fail(
  record: Recorder,
  ledger: Ledger,
  job: Job,
  reason: 'failed' | 'incomplete',
  outcomeWasWaiting?: true,
): LedgerDecision {
  const { credits, draws } = job.reservation;
  const reserved = job.status === 'reserved' ? draws : [];
  return {
    events: refund(record, ledger, job, reserved, reason, outcomeWasWaiting),
    answer: { kind: 'ended', status: 'refunded', consumed: 0, refunded: credits, writtenOff: 0 },
  };
}

/** A job that had ended before. */
function repeatOutcome(
  command: CommandOf<'EndJob'>,
  ledger: Ledger,
  job: Job,
  status: 'consumed' | 'refunded',
  credits: number,
): LedgerDecision {
  const { consumed, refunded, writtenOff } = job;
  const { jobId } = command;
  const outcome = ratedOutcome(command.outcome);
  const agrees =
    outcome.kind === 'failed' ? status === 'refunded' : status === 'consumed' && consumed + writtenOff === credits;
  const isSaid = job.contradicted || ledger.contradicted.has(jobId);
  const repeated = { revision: job.endRevision!, contradicted: !agrees };
  return {
    events: agrees || isSaid ? [] : [recorder(command, ledger)('OutcomeContradicted', { jobId, outcome })],
    answer: { kind: 'ended', status, consumed, refunded, writtenOff, repeated },
  };
}

/** The outcome of a job that is not submitted yet waits for its submission. Those of different projects do not touch each other. */
function remember(policy: Policy, command: CommandOf<'EndJob'>, ledger: Ledger): LedgerDecision {
  const { jobId, projectId } = command;
  const wrong = command.outcome.kind === 'completed' ? unusable(policy, command.outcome.usage) : undefined;
  if (wrong) return refused(wrong);
  const outcome = ratedOutcome(command.outcome);
  const record = recorder(command, ledger);
  const early = ledger.early.get(jobId)?.find((one) => one.projectId === projectId);
  if (early) {
    const isSaid = early.contradicted || isSameOutcome(policy, early.outcome, outcome);
    const events = isSaid ? [] : [record('OutcomeContradicted', { jobId, outcome, projectId })];
    return { events, answer: { kind: 'remembered', outcome: early.outcome } };
  }
  const refusal =
    staleJob(policy, ledger, command, decisionTime(command, ledger)) ?? tooManyEarlyOutcomes(policy, ledger, projectId);
  if (refusal) return refused(refusal);
  return {
    events: [record('OutcomeRemembered', { jobId, outcome, projectId })],
    answer: { kind: 'remembered', outcome },
  };
}

/** Any two failures do: everything goes back. */
function isSameOutcome({ catalog }: Policy, a: Outcome, b: Outcome): boolean {
  if (a.kind === 'completed' && b.kind === 'completed') return isSameUsage(catalog, a.usage, b.usage);
  return a.kind === b.kind;
}

/** What is wrong with a usage whatever its job turns out to be: its operation, and with it the unit, is not known yet. */
function unusable({ catalog }: Policy, usage: Usage | undefined): Refusal | undefined {
  if (usage === undefined) return undefined;
  const long = tooManyPages(catalog, usage);
  if (long) return unratable('The usage', { problems: [long], code: 'too_many_pages' });
  if (usage.pages != null || usage.files != null) return undefined;
  const message = 'Give what was used as usage.pages or usage.files, or leave the usage out.';
  return unratable('The usage', { problems: [{ field: 'usage', rule: 'required', message }] });
}
