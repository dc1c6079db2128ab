import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '../client/client';

const PAUSE = 100;
const PATIENCE = 30_000;
const NOT_FOUND = 404;

/**
 * Ends travel by the bus and are applied in order, organization by organization: waits until the last one of each is.
 * Answers how many organizations are still behind when patience ends.
 */
export async function settle(
  client: Client,
  lastEnds: ReadonlyMap<string, string>,
  stop: AbortSignal,
): Promise<number> {
  const behind = new Map(lastEnds);
  const until = Date.now() + PATIENCE;
  while (behind.size > 0 && Date.now() < until && !stop.aborted) {
    for (const [organizationId, jobId] of behind)
      if (await hasEnded(client, organizationId, jobId)) behind.delete(organizationId);
      else break;
    if (behind.size > 0) await sleep(PAUSE, undefined, { signal: stop }).catch(() => undefined);
  }
  return behind.size;
}

async function hasEnded(client: Client, organizationId: string, jobId: string): Promise<boolean> {
  const call = { path: jobPath(jobId), query: { organizationId }, as: 'service' } as const;
  const { status, body } = await client.request<{ status?: string }>(call, [NOT_FOUND]);
  return status !== NOT_FOUND && body.status !== 'reserved';
}

/** Whether the server knows the job: if not, it is not the server that an earlier run spoke to. */
export async function isKnown(
  client: Client,
  job: { organizationId?: string; jobId: string },
): Promise<boolean> {
  const { organizationId, jobId } = job;
  const call = { path: jobPath(jobId), query: { organizationId }, as: 'service' } as const;
  return (await client.request(call, [NOT_FOUND])).status !== NOT_FOUND;
}

const jobPath = (jobId: string): string => `/v1/jobs/${encodeURIComponent(jobId)}`;
