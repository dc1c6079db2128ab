import { invalidInput, notFound, type Caller } from '@tallystick/contracts';

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

function within(own: string | undefined, named: string | null | undefined, what: string): string {
  if (own === undefined || (named != null && named !== own)) throw notFound(what);
  return own;
}
