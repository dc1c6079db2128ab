import { createHash } from 'node:crypto';
import { call } from '../support/server';

/** The data of a directory that every later version must still return. */
export interface SurvivingData {
  readonly organizations: Readonly<Record<string, KeptOrganization>>;
  readonly serviceKeys: readonly object[];
}

export interface KeptOrganization {
  readonly name: string;
  readonly currency: string;
  readonly revision: number;
  readonly settings: object;
  readonly balance: object;
  readonly projects: readonly object[];
  readonly keys: readonly object[];
  /** Revision, id, type, times and a hash of the data of every event. */
  readonly events: readonly string[];
  /** Details of settled jobs without expiry. */
  readonly details: Readonly<Record<string, unknown>>;
}

/** Reads the data over HTTP. `upTo` has the last revisions to read, for a directory with newer events. */
export async function keptBy(
  url: string,
  operatorKey: string,
  upTo: Readonly<Record<string, number>> = {},
): Promise<SurvivingData> {
  const get = async (path: string) => {
    const { status, body } = await call(url + path, { key: operatorKey });
    if (status !== 200) throw new Error(`${path}: ${JSON.stringify(body)}`);
    return body;
  };
  const ids = (await get('/v1/organizations?limit=1000')).data.map(({ id }: { id: string }) => id);
  const organizations: Record<string, KeptOrganization> = {};
  for (const id of ids) organizations[id] = await organizationOf(get, id, upTo[id]);
  return { organizations, serviceKeys: (await get('/v1/ops/keys')).data.map(keyOf) };
}

/* eslint-disable @typescript-eslint/no-explicit-any -- response bodies are compared as they are */
async function organizationOf(
  get: (path: string) => Promise<any>,
  id: string,
  upTo: number | undefined,
): Promise<KeptOrganization> {
  const at = `/v1/organizations/${id}`;
  const { name, currency } = await get(at);
  const { retentionDays, projectRetentionDays, overage, plan, alertThresholds } = await get(`${at}/settings`);
  const events = (await eventsOf(get, at)).filter(({ revision }) => upTo === undefined || revision <= upTo);
  const revision = events.at(-1)!.revision;
  const { asOf: _, ...balance } = await get(`${at}/balance?atRevision=${revision}`);
  const settled = events.filter(({ type }) => type === 'CreditsConsumed').map(({ data }) => data.jobId);
  const details: Record<string, unknown> = {};
  for (const jobId of retentionDays === 'off' ? settled : [])
    details[jobId] = (await get(`/v1/jobs/${jobId}?organizationId=${id}`)).details ?? null;
  return {
    name,
    currency,
    revision,
    settings: { retentionDays, projectRetentionDays, overage, plan, alertThresholds },
    balance,
    projects: (await get(`${at}/projects?limit=1000`)).data.map(projectOf),
    keys: (await get(`${at}/keys?limit=1000`)).data.map(keyOf),
    events: events.map(eventOf),
    details,
  };
}

async function eventsOf(get: (path: string) => Promise<any>, at: string): Promise<any[]> {
  const events: any[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const page: any = await get(`${at}/events?limit=1000${cursor && `&cursor=${cursor}`}`);
    events.push(...page.data);
    cursor = page.nextCursor;
  }
  return events;
}

const projectOf = ({ projectId, name, budgetCap, retentionDays }: any) => ({
  projectId,
  name,
  budgetCap,
  retentionDays,
});
const keyOf = ({ keyId, role, name, projectId, budgetCap }: any) => ({
  keyId,
  role,
  name,
  projectId,
  budgetCap,
});
const eventOf = ({ revision, id, type, data, metadata: { occurredAt, recordedAt } }: any): string =>
  `${revision} ${id} ${type} ${occurredAt} ${recordedAt} ${digest(data)}`;

const digest = (data: unknown): string =>
  createHash('sha256')
    .update(JSON.stringify(sorted(data)))
    .digest('hex');

const sorted = (value: any): unknown =>
  Array.isArray(value)
    ? value.map(sorted)
    : value !== null && typeof value === 'object'
      ? Object.fromEntries(
          Object.keys(value)
            .sort()
            .map((name) => [name, sorted(value[name])]),
        )
      : value;
