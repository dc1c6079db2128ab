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

/** Consumes or refunds. The first outcome counts. A different one is recorded once and moves no credits. */
export function endJob(policy: Policy, command: CommandOf<'EndJob'>, ledger: Ledger): LedgerDecision {
  const job = findJob(ledger, command);
  if (!job) return remember(policy, command, ledger);
  if (isOfOtherProject(job, command)) return refused(jobNotFound);
  const decided = endKnown(policy, command, ledger, job);
  return command.submission ? answerSubmission(decided, command, command.submission, job) : decided;
}

/** The answer to a submission whose outcome waited: the job's result, or the reservation alone if the outcome cannot be rated. */
function answerSubmission(
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

/** The command that applies the outcomes that wait for a job, in the same append as its reservation. */
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
  submission: PendingSubmission,
): CommandOf<'EndJob'> {
  const metadata = { now, occurredAt: at, correlationId, causationId, actor };
  return { ...metadata, type: 'EndJob', jobId, outcome, projectId, submission };
}

function endKnown(policy: Policy, command: CommandOf<'EndJob'>, ledger: Ledger, job: Job): LedgerDecision {
  const { rating } = job.reservation;
  // An outcome that waited was accepted before its unit was known: a usage without the unit counts as no usage.
  const outcome: Outcome =
    command.submission && !isCountable(command.outcome, rating.unit) ? { kind: 'completed' } : command.outcome;
  const usage = outcome.kind === 'completed' ? outcome.usage : undefined;
  const rated = rateActual(policy.catalog, rating, usage);
  if (!rated.ok) return refused(unratable('The usage', rated));
  if (job.status === 'consumed' || job.status === 'refunded')
    return repeatOutcome(command, ledger, job, job.status, rated.rating.credits);
  const record = recorder(command, ledger);
  const outcomeWasWaiting = command.submission && (true as const);
  return outcome.kind === 'failed'
    ? fail(record, ledger, job, outcome.reason, outcomeWasWaiting)
    : complete(policy, record, ledger, job, rated.rating, outcomeWasWaiting);
}

/** Refunds unused credits. A surplus is drawn from grants, then from overage; the rest is written off. */
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
  const exceeding = rating.credits - sumOf(first);
  const surplus = ledger.burnDown.draw(exceeding, rating.operation, policy.catalog.burnDownOrder);
  const missing = exceeding - sumOf(surplus);
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

/** An outcome of a job that has ended: a repetition, or a contradiction. */
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
  const isRecorded = job.contradicted || ledger.contradicted.has(jobId);
  const repeated = { revision: job.endRevision!, contradicted: !agrees };
  return {
    events: agrees || isRecorded ? [] : [recorder(command, ledger)('OutcomeContradicted', { jobId, outcome })],
    answer: { kind: 'ended', status, consumed, refunded, writtenOff, repeated },
  };
}

/** Stores the outcome of a job that is not submitted yet. Outcomes of different projects are independent. */
function remember(policy: Policy, command: CommandOf<'EndJob'>, ledger: Ledger): LedgerDecision {
  const { jobId, projectId } = command;
  const invalid = command.outcome.kind === 'completed' ? invalidUsage(policy, command.outcome.usage) : undefined;
  if (invalid) return refused(invalid);
  const outcome = ratedOutcome(command.outcome);
  const record = recorder(command, ledger);
  const early = ledger.early.get(jobId)?.find((one) => one.projectId === projectId);
  if (early) {
    const isRecorded = early.contradicted || isSameOutcome(policy, early.outcome, outcome);
    const events = isRecorded ? [] : [record('OutcomeContradicted', { jobId, outcome, projectId })];
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

/** Two failures are the same, even with different reasons: both refund all credits. */
function isSameOutcome({ catalog }: Policy, a: Outcome, b: Outcome): boolean {
  if (a.kind === 'completed' && b.kind === 'completed') return isSameUsage(catalog, a.usage, b.usage);
  return a.kind === b.kind;
}

/** Refuses a usage that is invalid for every operation: the job's own operation and unit are not known yet. */
function invalidUsage({ catalog }: Policy, usage: Usage | undefined): Refusal | undefined {
  if (usage === undefined) return undefined;
  const long = tooManyPages(catalog, usage);
  if (long) return unratable('The usage', { problems: [long], code: 'too_many_pages' });
  if (usage.pages != null || usage.files != null) return undefined;
  const message = 'Give what was used as usage.pages or usage.files, or leave the usage out.';
  return unratable('The usage', { problems: [{ field: 'usage', rule: 'required', message }] });
}
