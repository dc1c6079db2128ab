import { notFound, type Caller } from '@tallystick/contracts/http';

/** The query, limited to the caller's project if the key is one of a project. */
export function withOwnProject<Query extends { project?: string }>(caller: Caller, query: Query): Query {
  if (caller.role !== 'project') return query;
  if (query.project !== undefined && query.project !== caller.projectId) throw notFound('project');
  return { ...query, project: caller.projectId };
}
