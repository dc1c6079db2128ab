import { invalidInput, notFound, Problem, type Caller } from '@tallystick/contracts/http';
import type { AwaitingJob, JobReference, JobView } from '@tallystick/contracts/ledger';
import { isId } from '@tallystick/domain/kernel';
import type { IntakeSettings } from './settings';

export const DEFAULT_PROJECT = 'default';

/** The ids that a request may give. */
interface GivenScope {
  readonly organizationId?: string | null;
  readonly projectId?: string | null;
  readonly apiKeyId?: string | null;
}

/** The organization, project and key that a call is made for. */
export interface Scope {
  readonly organizationId: string;
  readonly projectId: string;
  readonly apiKeyId?: string;
}

/** Service keys give organization and project. Other keys have their own: another one does not exist for them. Throws a Problem. */
export function scopeOf(caller: Caller, { organizationId, projectId, apiKeyId }: GivenScope): Scope {
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

/** The project whose jobs the caller may see. Undefined: all projects. */
export const visibleProject = (caller: Caller): string | undefined =>
  caller.role === 'project' ? caller.projectId : undefined;

/** The job as the caller may see it. A project key sees the jobs of its project, and waiting outcomes that project keys reported. */
export function visibleTo(caller: Caller, job: JobView | AwaitingJob): JobView | AwaitingJob | undefined {
  const own = visibleProject(caller);
  if (own === undefined) return job;
  if (job.status !== 'awaiting') return job.projectId === own ? job : undefined;
  const outcomes = job.outcomes.filter(({ projectId }) => projectId === own);
  return outcomes.length > 0 ? { ...job, outcomes } : undefined;
}

/** Outcomes decide what is charged. Service and operator keys may report them; a setting also allows project keys. Throws a Problem. */
export function assertMayEndJobs({ role }: Caller, { projectKeysMayEndJobs }: IntakeSettings): void {
  if (role === 'service' || role === 'operator' || (role === 'project' && projectKeysMayEndJobs)) return;
  const setting = 'TALLY_PROJECT_KEYS_MAY_END_JOBS=on lets project keys report them for the jobs of their project.';
  const detail = `Outcomes and heartbeats of jobs take a service key or an operator key; yours has the role ${role}. ${setting}`;
  throw new Problem(403, 'forbidden', detail);
}

/** The job that a route names, and the project that limits the caller. Throws a Problem. */
export function jobReference(caller: Caller, jobId: string, organizationId: string | null | undefined): JobReference {
  if (!isId(jobId)) throw notFound('job');
  const projectId = visibleProject(caller);
  return {
    organizationId: organizationOf(caller, organizationId),
    jobId,
    ...(projectId !== undefined && { projectId }),
  };
}

function within(own: string | undefined, named: string | null | undefined, what: string): string {
  if (own === undefined || (named != null && named !== own)) throw notFound(what);
  return own;
}
