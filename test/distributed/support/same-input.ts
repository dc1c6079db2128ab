import { caller, eventually } from '../../support/callers';
import type { Standalone } from '../../support/server';

const BATCHED = { 'content-type': 'application/cloudevents-batch+json' };
const HOUR = 3_600_000;
const START = Math.floor(Date.now() / HOUR) * HOUR - 48 * HOUR;
const at = (step: number): string => new Date(START + step * 60_000).toISOString();

const ORGANIZATIONS = ['north', 'south', 'west'];
const JOBS = 24;

interface JobStep {
  readonly id: string;
  readonly pages: number;
  readonly occurredAt: string;
}

/**
 * The same requests for several organizations on every form: jobs by HTTP, in batches and as events, that are completed
 * with less or more usage, fail, are repeated, arrive too late or too early, cost too much or reach a cap.
 */
export async function playInput(server: Standalone): Promise<Readonly<Record<string, unknown>>> {
  const outcomes = await Promise.all(ORGANIZATIONS.map((id, seed) => playOne(server, id, seed)));
  return Object.fromEntries(ORGANIZATIONS.map((id, index) => [id, outcomes[index]]));
}

async function playOne(server: Standalone, organizationId: string, seed: number): Promise<unknown> {
  const operator = caller(server, 'operator');
  const place = `/v1/organizations/${organizationId}`;
  await operator('POST', '/v1/organizations', { id: organizationId, name: organizationId });
  for (const [grantId, kind, credits] of [
    ['paid', 'top-up', 300 + seed],
    ['given', 'promotional', 40],
  ])
    await operator('POST', `${place}/grants`, { grantId, kind, credits, reason: 'For the comparison.' });
  await operator('PUT', `${place}/projects/capped`, { budgetCap: 9 });
  for (let step = 0; step < JOBS; step++) await playJob(server, organizationId, seed, step);
  await operator('PUT', `${place}/settings`, { retentionDays: 3, alertThresholds: [10, 50] });
  return whatItCameTo(server, organizationId);
}

async function playJob(server: Standalone, organizationId: string, seed: number, step: number): Promise<void> {
  const service = caller(server, 'service');
  const isTooExpensive = step === 10;
  const pages = isTooExpensive ? 100_000 : 1 + ((seed + 7 * step) % 13);
  const job: JobStep = { id: `job-${step}`, pages, occurredAt: at(step) };
  const isEvent = step % 4 === 3;
  const projectId = step % 5 === 0 && !isEvent ? 'capped' : 'free';
  const submission = {
    ...job,
    pages: undefined,
    organizationId,
    projectId,
    operation: 'standard-v2',
    usage: { pages: job.pages },
  };
  const end = { organizationId, occurredAt: at(step + 1), usage: { pages: Math.max(1, job.pages - (step % 3) + 1) } };
  if (isEvent) return playEvents(server, organizationId, submission, end, step);
  if (step % 4 === 2) await service('POST', '/v1/jobs/batch', { jobs: [submission, submission] });
  else await service('POST', '/v1/jobs', submission);
  const path = `/v1/jobs/${job.id}`;
  if (step % 7 === 0)
    await service('POST', `${path}/fail`, { organizationId, reason: 'failed', occurredAt: at(step + 1) });
  if (step % 6 !== 5 && !isTooExpensive) await service('POST', `${path}/complete`, end);
  if (step % 6 === 1) await service('POST', `${path}/complete`, end);
}

/** Sends the outcome before the job, and both twice, as events. Waits for the decision before the next step. */
async function playEvents(
  server: Standalone,
  organizationId: string,
  { occurredAt, ...submission }: Readonly<Record<string, unknown>>,
  { occurredAt: endedAt, ...end }: Readonly<Record<string, unknown>>,
  step: number,
): Promise<void> {
  const event = (type: string, time: unknown, data: object) => ({
    specversion: '1.0',
    id: `${organizationId}-${type}-${step}`,
    source: 'comparison',
    type: `tallystick.job.${type}`,
    time,
    data,
  });
  const submitted = event('submitted', occurredAt, submission);
  const completed = event('completed', endedAt, { ...end, id: submission['id'] });
  const events = [completed, submitted, completed, submitted];
  const service = caller(server, 'service');
  const answer = await service('POST', '/v1/events', events, BATCHED);
  if (answer.status !== 202) throw new Error(JSON.stringify(answer.body));
  const look = () => service('GET', `/v1/jobs/${String(submission['id'])}?organizationId=${organizationId}`);
  await eventually(look, ({ body }) => body.status === 'consumed');
}

async function whatItCameTo(server: Standalone, organizationId: string): Promise<unknown> {
  const operator = caller(server, 'operator');
  const place = `/v1/organizations/${organizationId}`;
  const stream = (await operator('GET', `${place}/events?limit=1000`)).body;
  const { asOf: _, ...balance } = (await operator('GET', `${place}/balance`)).body;
  return { stream: stream.data.map(withoutIdsAndTimes), balance: withoutIdsAndTimes(balance) };
}

const TIME = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const GIVEN = new Set(Array.from({ length: JOBS + 2 }, (_, step) => at(step)));

/** Clock times, generated ids and hashes over them differ between two runs. Given times must not differ. */
function withoutIdsAndTimes(value: unknown): unknown {
  const text = JSON.stringify(value, (name, inner: unknown) => {
    if (name === 'position' || name === 'hash') return undefined;
    if (typeof inner !== 'string' || GIVEN.has(inner)) return inner;
    return TIME.test(inner) ? '<time>' : UUID.test(inner) ? '<id>' : inner;
  });
  return JSON.parse(text);
}
