import type { CliClient } from '../../client/client';

const UNKNOWN = [403, 404];

export interface SampleJob {
  readonly organizationId?: string;
  readonly jobId: string;
}

/** True if the job was submitted to this server. A job of which it has only an outcome was not. */
export async function isKnown(client: CliClient, { organizationId, jobId }: SampleJob): Promise<boolean> {
  const path = `/v1/jobs/${encodeURIComponent(jobId)}`;
  const call = { path, query: { organizationId }, as: 'service' } as const;
  const answer = await client.request<{ readonly status?: unknown }>(call, UNKNOWN);
  return !UNKNOWN.includes(answer.status) && answer.body.status !== 'awaiting';
}
