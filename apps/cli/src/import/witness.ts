import type { Client } from '../client/client';

const UNKNOWN = [403, 404];

export interface Witness {
  readonly organizationId?: string;
  readonly jobId: string;
}

/** Whether the server has the job: one of which it knows only an outcome was not submitted to it. */
export async function isKnown(client: Client, { organizationId, jobId }: Witness): Promise<boolean> {
  const path = `/v1/jobs/${encodeURIComponent(jobId)}`;
  const call = { path, query: { organizationId }, as: 'service' } as const;
  const answer = await client.request<{ readonly status?: unknown }>(call, UNKNOWN);
  return !UNKNOWN.includes(answer.status) && answer.body.status !== 'awaiting';
}
