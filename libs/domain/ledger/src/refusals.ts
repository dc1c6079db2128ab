import { plusMilliseconds, timeOfId } from '@tallystick/domain/kernel';
import type { FieldProblem, LimitDefinition, Rating } from '@tallystick/domain/catalog';
import type { Command, CommandOf, Refusal, RefusalCode } from './commands';
import { windowMilliseconds, type Policy } from './policy';
import type { CapTarget } from './events';
import { capKey, limitKey, REQUESTS, type Ledger } from './state';

type MaybeNo = Refusal | undefined;

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
  {
    problems,
    code = 'invalid_job',
  }: { readonly problems: readonly FieldProblem[]; readonly code?: RefusalCode },
): Refusal => ({
  code,
  message: `${what} cannot be rated as it is.`,
  problems,
});

export const conflict = (jobId: string): Refusal => ({
  code: 'job_conflict',
  field: 'id',
  rule: 'sameJob',
  message: `Job ${jobId} was submitted before with another operation, usage, features or project. Use a new id for a new job.`,
});

/**
 * A job older than the window may have been settled and forgotten; charging it again must not happen.
 * The window that was closed counts too: a longer one, configured later, does not bring back what was forgotten.
 */
export function staleness(
  policy: Policy,
  ledger: Ledger,
  command: Command & { readonly jobId: string },
  now: string,
): MaybeNo {
  const happened = timeOfId(command.jobId) ?? command.occurredAt;
  if (happened === undefined) return undefined;
  const isKnown =
    happened >= plusMilliseconds(now, -windowMilliseconds(policy)) &&
    happened >= (ledger.windowClosedBefore ?? '');
  if (isKnown) return undefined;
  const message = `Job ${command.jobId} is from ${happened}, longer ago than the ${policy.jobWindowDays} days for which jobs are known. It was not charged.`;
  return { code: 'stale_job', field: 'id', rule: 'window', message };
}

export function crowding(policy: Policy, ledger: Ledger): MaybeNo {
  if (ledger.jobs.size < policy.maxOpenJobs) return undefined;
  return {
    code: 'too_many_jobs',
    message: `${policy.maxOpenJobs} jobs are already open. Complete or fail some of them first.`,
  };
}

export function tooManyEarly(policy: Policy, ledger: Ledger): MaybeNo {
  if (ledger.early.size < policy.maxEarlyOutcomes) return undefined;
  return {
    code: 'too_many_jobs',
    message: `${policy.maxEarlyOutcomes} outcomes already wait for their jobs. Submit those jobs first.`,
  };
}

export function limitReached(policy: Policy, ledger: Ledger, projectId: string, period: string): MaybeNo {
  for (const { limit, maximum, used } of jobLimits(policy, ledger, projectId, period))
    if (used >= maximum) {
      const message = `The plan's limit ${limit} is reached: ${used} of ${maximum}. Choose a larger plan, or wait for the next billing period.`;
      return { code: 'usage_limit_exceeded', message, limit, maximum, used };
    }
  return undefined;
}

/** The cap that was set; for a project without one the catalog's default, if it has any. */
export const budgetCapOf = ({ catalog }: Policy, ledger: Ledger, target: CapTarget): number | undefined =>
  ledger.caps.get(capKey(target)) ?? ('projectId' in target ? catalog.defaults.budgetCap : undefined);

export function capReached(
  policy: Policy,
  ledger: Ledger,
  command: CommandOf<'SubmitJob'>,
  period: string,
  required: number,
): MaybeNo {
  const { projectId, apiKeyId } = command;
  for (const target of apiKeyId === undefined ? [{ projectId }] : [{ projectId }, { apiKeyId }]) {
    const maximum = budgetCapOf(policy, ledger, target);
    if (maximum === undefined) continue;
    const count = ledger.spent.get(capKey(target));
    const used = count?.period === period ? count.value : 0;
    if (used + required > maximum) {
      const whose = 'projectId' in target ? `project ${projectId}` : 'this API key';
      const message = `The budget cap of ${whose} is ${maximum} credits a billing period; ${used} are used and the job needs ${required}. Raise the cap, or wait for the next period.`;
      return { code: 'budget_cap_exceeded', message, required, maximum, used };
    }
  }
  return undefined;
}

export function insufficient(ledger: Ledger, { operation, credits }: Rating): Refusal {
  const available = ledger.burnDown.available(operation);
  const message = `The job needs ${credits} credits and ${available} are available. Buy credits, subscribe to a plan, or choose pay-as-you-go.`;
  return { code: 'insufficient_credits', message, required: credits, available };
}

/** The plan's limits that jobs run into, in the plan's order, with what is used of each in the billing period. */
export function* jobLimits({ catalog }: Policy, ledger: Ledger, projectId: string, period: string) {
  const planId = ledger.plan ?? catalog.defaultPlan;
  const plan = catalog.plans.find(({ id }) => id === planId);
  for (const [limit, maximum] of plan?.limits ?? []) {
    const definition = catalog.limits.get(limit);
    if (definition && (definition.counts === 'reservations' || definition.blocksJobs))
      yield { limit, maximum, used: usedOf(ledger, definition, projectId, period) };
  }
}

function usedOf(ledger: Ledger, definition: LimitDefinition, projectId: string, period: string): number {
  const name = definition.counts === 'reservations' ? REQUESTS : definition.id;
  const count = ledger.reported.get(limitKey(name, definition.scope === 'project' ? projectId : undefined));
  return count === undefined || (definition.kind === 'counter' && count.period !== period) ? 0 : count.value;
}
