import { invalidInput, notFound, Problem, type Caller, type Limits } from '@tallystick/contracts/http';
import { type AwaitingJob, type JobView } from '@tallystick/contracts/ledger';

export const DEFAULT_PROJECT = 'default';

interface Named {
  readonly organizationId?: string | null;
  readonly projectId?: string | null;
  readonly apiKeyId?: string | null;
}

/** For whom a call is made. */
export interface Scope {
  readonly organizationId: string;
  readonly projectId: string;
  readonly apiKeyId?: string;
}

/** A service names organization and project, other keys carry theirs: naming another is as if that one did not exist. */
export function scopeOf(caller: Caller, { organizationId, projectId, apiKeyId }: Named): Scope {
  const project = caller.role === 'project' ? within(caller.projectId, projectId, 'project') : projectId;
  const isOnBehalf = caller.role === 'service' || caller.role === 'operator';
  const key = isOnBehalf ? apiKeyId : caller.keyId;
  return {
    organizationId: organizationOf(caller, organizationId),
    projectId: project ?? DEFAULT_PROJECT,
    ...(key != null && { apiKeyId: key }),
  };
}

export function organizationOf(caller: Caller, named: string | null | undefined): string {
  if (caller.role === 'organization' || caller.role === 'project')
    return within(caller.organizationId, named, 'organization');
  if (named != null) return named;
  const message = 'This member is missing. A service key names the organization that the call is for.';
  throw invalidInput([{ field: 'organizationId', rule: 'required', message }]);
}

/** The project whose jobs the caller may see; undefined: all of the organization's. */
export const visibleProject = (caller: Caller): string | undefined =>
  caller.role === 'project' ? caller.projectId : undefined;

/** A project's key sees its own project's jobs, and of outcomes that wait for their job those that came with its keys. */
export function shownTo(caller: Caller, job: JobView | AwaitingJob): JobView | AwaitingJob | undefined {
  const own = visibleProject(caller);
  if (own === undefined) return job;
  if (job.status !== 'awaiting') return job.projectId === own ? job : undefined;
  const outcomes = job.outcomes.filter(({ projectId }) => projectId === own);
  return outcomes.length > 0 ? { ...job, outcomes } : undefined;
}

/**
 * Outcomes decide what is paid: they come from the service that does the work, with service and operator keys, and by setting from keys of
 * projects, for jobs of their project. Throws a Problem.
 */
export function assertMayEndJobs({ role }: Caller, { projectKeysMayEndJobs }: Limits): void {
  if (role === 'service' || role === 'operator' || (role === 'project' && projectKeysMayEndJobs)) return;
  const setting = 'TALLY_PROJECT_KEYS_MAY_END_JOBS=on lets project keys report them for the jobs of their project.';
  const detail = `Outcomes and heartbeats of jobs take a service key or an operator key; yours has the role ${role}. ${setting}`;
  throw new Problem(403, 'forbidden', detail);
}

function within(own: string | undefined, named: string | null | undefined, what: string): string {
  if (own === undefined || (named != null && named !== own)) throw notFound(what);
  return own;
}
