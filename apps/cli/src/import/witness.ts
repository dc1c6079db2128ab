import type { Client } from '../client/client';

const UNKNOWN = [403, 404];

export interface Witness {
  readonly organizationId?: string;
  readonly jobId: string;
}

/** Whether the server knows the job. */
export async function isKnown(client: Client, { organizationId, jobId }: Witness): Promise<boolean> {
  const path = `/v1/jobs/${encodeURIComponent(jobId)}`;
  const call = { path, query: { organizationId }, as: 'service' } as const;
  return !UNKNOWN.includes((await client.request(call, UNKNOWN)).status);
}
