import type { Answer, Command, CommandOf, FactOf, Refusal } from '@tallystick/domain/ledger';
import { timeOfId } from '@tallystick/domain/kernel';
import type { CommandAnswer } from '../history';
import { after, WINDOW } from './model-ledger';
import { price } from './requests';
import { equal, check, same } from './check';
import type { Organization } from './organization';
import { agrees } from './outcomes';

type AnswerOf<Kind extends Answer['kind']> = Extract<Answer, { kind: Kind }>;

/** Checks an answer against the organization at the revision of the answer. */
export function checkAnswer(
  model: Organization,
  { command, answer, revision, headBefore, headAfter }: CommandAnswer,
): void {
  check(revision <= headAfter, () => 'the answer was returned before its events were stored');
  const isRepeated = 'repeated' in answer && answer.repeated !== undefined;
  check(
    isRepeated || revision >= headBefore,
    () => `the answer is of revision ${revision}, the stream was at ${headBefore}`,
  );
  const now = command.now < model.now ? model.now : command.now;
  if (!isRepeated) model.assertNothingDue(now);
  switch (answer.kind) {
    case 'refused':
      return refused(model, command, now, answer.refusal);
    case 'reserved':
      return reserved(model, command as CommandOf<'SubmitJob'>, answer);
    case 'ended':
      return ended(model, command as CommandOf<'EndJob'>, answer, headAfter);
    case 'remembered': {
      const { jobId } = command as CommandOf<'EndJob'>;
      return equal(model.early.get(jobId)?.outcome, answer.outcome, `the remembered outcome of ${jobId}`);
    }
    case 'extended': {
      const job = model.jobs.get((command as CommandOf<'ExtendJob'>).jobId);
      return equal([job?.status, job?.deadline], ['open', answer.expiresAt], 'the extended job');
    }
    case 'plan-applied':
      return check(false, () => 'no command pays for a plan');
    case 'done':
      return done(model, command, answer);
  }
}

function reserved(model: Organization, command: CommandOf<'SubmitJob'>, answer: AnswerOf<'reserved'>): void {
  const job = model.jobs.get(command.jobId);
  check(job !== undefined, () => `no reservation of ${command.jobId} is stored`);
  equal([answer.credits, answer.draws], [price(job.submission), job.draws], `the reservation of ${command.jobId}`);
  check(same(job.submission.job.usage, command.job.usage), () => `${command.jobId} is taken for another job`);
  equal(answer.repeated?.revision ?? job.revision, job.revision, 'the revision of the reservation');
}

function ended(model: Organization, command: CommandOf<'EndJob'>, answer: AnswerOf<'ended'>, headAfter: number): void {
  const job = model.jobs.get(command.jobId);
  check(job !== undefined, () => `${command.jobId} has no end in the log`);
  const { status, consumed, refunded, writtenOff, repeated } = answer;
  const lawful = [job.status, job.consumed, job.refunded, job.writtenOff];
  equal([status, consumed, refunded, writtenOff], lawful, `the end of ${command.jobId}`);
  equal(repeated?.contradicted ?? false, !agrees(job, command.outcome), `whether ${command.jobId} is contradicted`);
  equal(repeated?.revision ?? job.endRevision, job.endRevision, `the revision of the end of ${command.jobId}`);
  if (repeated?.contradicted) model.reportedContradictions.push({ jobId: command.jobId, by: headAfter });
}

function done(model: Organization, command: Command, { repeated }: AnswerOf<'done'>): void {
  if (command.type === 'ExtendJob')
    check(model.jobs.get(command.jobId)?.status !== 'open', () => `the open job ${command.jobId} was not extended`);
  else if (command.type === 'GrantCredits') {
    const given = model.given.get(command.grantId);
    check(given !== undefined, () => `${command.grantId} was not given`);
    equal(contentOf(model.grants.all.get(command.grantId)!), contentOf(command), `what ${command.grantId} is`);
    equal(repeated?.revision ?? given, given, `the revision of ${command.grantId}`);
  } else if (command.type === 'RevokeCredits')
    equal(model.grants.all.get(command.grantId)?.available, 0, `what is left of ${command.grantId}`);
  else if (command.type === 'SetOverage') equal(model.overage, command.overage, 'overage');
  else if (command.type === 'SetBudgetCap') {
    const { target, credits = Infinity } = command;
    const key = 'projectId' in target ? `project/${target.projectId}` : `key/${target.apiKeyId}`;
    equal(model.caps.get(key) ?? Infinity, credits, `the cap of ${key}`);
  } else if (command.type === 'CloseJobWindow')
    check(model.windowBefore >= after(command.now, -WINDOW), () => 'the window is still open');
}

/** A refusal must be correct, with its numbers, for the state at its revision. */
function refused(model: Organization, command: Command, now: string, refusal: Refusal): void {
  const { code, required, available, maximum, used } = refusal;
  if (command.type === 'GrantCredits') return refusedGrant(model, command, now, code);
  if (command.type === 'RevokeCredits')
    return equal([code, model.given.has(command.grantId)], ['invalid_command', false], 'the refusal');
  if (command.type === 'EndJob') return equal([code, isStale(model, command, now)], ['stale_job', true], 'the refusal');
  check(command.type === 'SubmitJob', () => `${command.type} cannot be refused`);
  equal({ code, required, available, maximum, used }, lawfulRefusal(model, command, now, code), 'the refusal');
}

function lawfulRefusal(
  model: Organization,
  command: CommandOf<'SubmitJob'>,
  now: string,
  code: string,
): Partial<Refusal> | string {
  const job = model.jobs.get(command.jobId);
  const isOther = job !== undefined && !same(job.submission.job, command.job);
  if (isOther && code === 'job_conflict') return { code };
  if (isStale(model, command, now)) return { code: 'stale_job' };
  if (job) return isOther ? { code: 'job_conflict' } : 'a repetition';
  const period = model.period(now);
  if (model.requests(period) >= model.maxRequests)
    return { code: 'usage_limit_exceeded', maximum: model.maxRequests, used: model.requests(period) };
  const required = price(command);
  const overrun = model.overrun(command, required, period);
  if (overrun) return { code: 'budget_cap_exceeded', required, ...overrun };
  const available = model.grants.available(command.job.operation!);
  const isShort = available < required && model.overage === 'none';
  return isShort ? { code: 'insufficient_credits', required, available } : 'no refusal';
}

/** Older than the window by the time in its id, else by the time of its message. An open or remembered job is never stale. */
function isStale(model: Organization, { jobId, occurredAt }: CommandOf<'SubmitJob' | 'EndJob'>, now: string): boolean {
  const happened = timeOfId(jobId) ?? occurredAt!;
  const isOld = happened < after(now, -WINDOW) || happened < model.windowBefore;
  const job = model.jobs.get(jobId);
  return isOld && (job === undefined || (job.status !== 'open' && job.endedAt < model.windowBefore));
}

/** The members that must be equal for two grants with the same id. */
const contentOf = ({ kind, credits, scope, expiresAt }: Omit<FactOf<'CreditsGranted'>, 'grantId'>) => [
  kind,
  credits,
  scope,
  expiresAt,
];

function refusedGrant(model: Organization, command: CommandOf<'GrantCredits'>, now: string, code: string): void {
  const given = model.grants.all.get(command.grantId);
  const isOther = given !== undefined && !same(contentOf(given), contentOf(command));
  const isEndless = command.kind === 'package' && command.expiresAt === undefined;
  const isPast = command.expiresAt !== undefined && command.expiresAt <= now;
  const lawful = given ? 'grant_conflict' : 'invalid_command';
  check(given ? isOther : isEndless || isPast, () => 'the grant is refused without a reason');
  equal(code, lawful, 'the refusal of the grant');
}
