import { plural, plusMilliseconds, timeOfId } from '@tallystick/domain/kernel';
import type { FieldProblem, Rating } from '@tallystick/domain/catalog';
import type { Command, CommandOf, Refusal, RefusalCode } from '../commands';
import { windowMilliseconds, type Policy } from '../policy';
import { limitAdvice, creditAdvice } from './advice';
import { budgetCapOf, jobLimits } from './limits';
import { capKey, type Job, type Ledger } from '../state/ledger';

export const unknownOrganization: Refusal = {
  code: 'unknown_organization',
  message: 'There is no such organization. Make it first, or check the id.',
};

export const streamTaken: Refusal = {
  code: 'stream_taken',
  message:
    'Another program keeps events in the stream that this id would have. Choose another id; the stream stays as it is.',
};

export const unratable = (
  what: string,
  { problems, code = 'invalid_job' }: { readonly problems: readonly FieldProblem[]; readonly code?: RefusalCode },
): Refusal => ({
  code,
  message: `${what} cannot be rated as it is.`,
  problems,
});

export const jobConflict = (jobId: string): Refusal => ({
  code: 'job_conflict',
  field: 'id',
  rule: 'sameJob',
  message: `Job ${jobId} was submitted before with another operation, usage, features or project. Use a new id for a new job.`,
});

/**
 * A job older than the window may have been settled and removed, so it must not be charged again. The closed window counts as well:
 * a longer window that is configured later does not restore removed jobs.
 */
export function staleJob(
  policy: Policy,
  ledger: Ledger,
  command: Command & { readonly jobId: string },
  now: string,
): Refusal | undefined {
  const occurredAt = (policy.ignoresTimeInIds ? undefined : timeOfId(command.jobId)) ?? command.occurredAt;
  if (occurredAt === undefined) return undefined;
  const isKnown =
    occurredAt >= plusMilliseconds(now, -windowMilliseconds(policy)) && occurredAt >= (ledger.windowClosedBefore ?? '');
  if (isKnown) return undefined;
  const message = `Job ${command.jobId} is from ${occurredAt}, longer ago than the ${plural(policy.jobWindowDays, 'day')} for which jobs are known. It was not charged.`;
  return { code: 'stale_job', field: 'id', rule: 'window', message };
}

export function tooManyOpenJobs(policy: Policy, ledger: Ledger): Refusal | undefined {
  if (ledger.jobs.size < policy.maxOpenJobs) return undefined;
  return {
    code: 'too_many_jobs',
    message: `${plural(policy.maxOpenJobs, 'job is', 'jobs are')} already open. Complete or fail some of them first.`,
  };
}

/** A key of a project has access to the jobs of that project only. */
export const isOfOtherProject = (job: Job, { projectId }: { readonly projectId?: string }): boolean =>
  projectId !== undefined && projectId !== job.reservation.projectId;

export const jobNotFound: Refusal = {
  code: 'not_found',
  message: 'There is no such job. Check the id and the key you call with.',
};

/** Outcomes reported with keys of projects are counted separately, so that they cannot block those of services. */
export function tooManyEarlyOutcomes(
  policy: Policy,
  ledger: Ledger,
  projectId: string | undefined,
): Refusal | undefined {
  let waiting = 0;
  for (const outcomes of ledger.early.values())
    for (const early of outcomes) if ((early.projectId === undefined) === (projectId === undefined)) waiting += 1;
  if (waiting < policy.maxEarlyOutcomes) return undefined;
  return {
    code: 'too_many_jobs',
    message: `${plural(policy.maxEarlyOutcomes, 'outcome already waits', 'outcomes already wait')} for a submission. Submit the jobs they are for first.`,
  };
}

export function usageLimitExceeded(
  policy: Policy,
  ledger: Ledger,
  projectId: string,
  period: string,
): Refusal | undefined {
  for (const { limit, maximum, used } of jobLimits(policy, ledger, projectId, period))
    if (used >= maximum) {
      const message = `The plan's limit ${limit} is reached: ${used} of ${maximum}. ${limitAdvice(policy, ledger, limit, maximum)}`;
      return { code: 'usage_limit_exceeded', message, limit, maximum, used };
    }
  return undefined;
}

export function budgetCapExceeded(
  policy: Policy,
  ledger: Ledger,
  command: CommandOf<'SubmitJob'>,
  period: string,
  required: number,
): Refusal | undefined {
  const { projectId, apiKeyId } = command;
  for (const target of apiKeyId === undefined ? [{ projectId }] : [{ projectId }, { apiKeyId }]) {
    const maximum = budgetCapOf(policy, ledger, target);
    if (maximum === undefined) continue;
    const count = ledger.spent.get(capKey(target));
    const used = count?.period === period ? count.value : 0;
    if (used + required > maximum) {
      const whose = 'projectId' in target ? `project ${projectId}` : 'this API key';
      const message = `The budget cap of ${whose} is ${plural(maximum, 'credit')} per billing period; ${plural(used, 'is', 'are')} used and the job needs ${required.toLocaleString('en-US')}. Raise the cap, or wait for the next period.`;
      return { code: 'budget_cap_exceeded', message, required, maximum, used };
    }
  }
  return undefined;
}

export function insufficientCredits({ catalog }: Policy, ledger: Ledger, { operation, credits }: Rating): Refusal {
  const available = ledger.burnDown.available(operation);
  const message = `The job needs ${plural(credits, 'credit')} and ${plural(available, 'is', 'are')} available. ${creditAdvice(catalog, ledger)}`;
  return { code: 'insufficient_credits', message, required: credits, available };
}
