import { call, type TestResponse } from '../support/server';
import { until } from '../support/until';

/** Data of a run that cannot be read from the directory later. */
export interface Left {
  /** Key ids and secrets by name. */
  readonly keys: Readonly<Record<string, { readonly keyId: string; readonly key: string }>>;
  readonly revoked: Readonly<Record<string, string>>;
  /** A job whose outcome arrived first: its submission completes it. */
  readonly early: { readonly organizationId: string; readonly jobId: string };
}

const STRUCTURED = { 'content-type': 'application/cloudevents+json' };

/** Sends a request to the running server. Throws if the response is an error. */
type Do = (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<TestResponse>;

const doer =
  (url: string, key: string): Do =>
  async (method, path, body, headers) => {
    const answer = await call(url + path, { method, key, body, headers });
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${JSON.stringify(answer.body)}`);
    return answer;
  };

export const event = (type: string, id: string, data: object) => ({
  specversion: '1.0',
  id,
  source: 'data-directory',
  type: `tallystick.${type}`,
  data,
});

const job = (organizationId: string, id: string, pages: number, more: object = {}) => ({
  id,
  organizationId,
  operation: 'document-extraction',
  usage: { files: [{ name: `${id}.pdf`, type: 'pdf', pages }] },
  ...more,
});

/** Creates four organizations that use every feature of an organization. */
export async function live(url: string, operatorKey: string): Promise<Left> {
  const operator = doer(url, operatorKey);
  const service = (await operator('POST', '/v1/ops/keys', { role: 'service', name: 'Intake of jobs' })).body;
  const asService = doer(url, service.key);
  const submit = (...given: Parameters<typeof job>) => asService('POST', '/v1/jobs', job(...given));
  const end = (how: string, organizationId: string, id: string, more: object = {}) =>
    asService('POST', `/v1/jobs/${id}/${how}`, { organizationId, ...more });

  const acme = await liveAcme(operator, submit, end);
  await livePayAsYouGo(operator, submit, end);
  await liveEndings(operator, submit, end);
  await operator('POST', '/v1/organizations', { id: 'dorado', name: 'Dorado, only open jobs' });
  for (let at = 0; at < 12; at++) await submit('dorado', `open-${at}`, at + 1, { projectId: `p${at % 2}` });

  // As events: a job, a refused job, an outcome before its job, and one for an unknown organization (a dead letter).
  const early = { organizationId: 'acme', jobId: 'early' };
  const events = [
    event('job.submitted', 's-1', job('dorado', 'by-bus', 3)),
    event('job.submitted', 's-2', job('cirrus', 'too-large-by-bus', 9_000)),
    event('job.completed', 'e-1', { id: early.jobId, organizationId: 'acme', usage: { pages: 2 } }),
    event('job.completed', 'e-2', { id: 'lost', organizationId: 'nowhere' }),
    event('job.failed', 'e-3', { id: 'lost-too', organizationId: 'nowhere' }),
  ];
  for (const body of events) await asService('POST', '/v1/events', body, STRUCTURED);
  const letters = async () => (await operator('GET', '/v1/ops/dead-letters')).body.data;
  await until(async () => (await letters()).length === 2);
  const stream = async () => (await operator('GET', '/v1/organizations/acme/events?limit=1000')).body.data;
  await until(async () => (await stream()).at(-1).type === 'OutcomeRemembered');
  await operator('POST', `/v1/ops/dead-letters/${(await letters())[1].id}/discard`);
  return { keys: { service, ...acme.keys }, revoked: acme.revoked, early };
}

type Submit = (...given: Parameters<typeof job>) => Promise<TestResponse>;
type EndJobCall = (how: string, organizationId: string, id: string, more?: object) => Promise<TestResponse>;

/** Lets an organization pay by transfer, which overage and subscriptions need. */
const payByTransfer = (operator: Do, id: string) =>
  operator('PUT', `/v1/ops/organizations/${id}/payment-method`, { kind: 'manual', paymentTermsDays: 14 });

/** Subscribes an organization to a plan and records the payment. */
async function subscribe(operator: Do, id: string, plan: string): Promise<void> {
  const at = `/v1/organizations/${id}`;
  await payByTransfer(operator, id);
  await operator('PUT', `${at}/billing-details`, { name: id, address: 'Example Street 1', country: 'DE' });
  const { invoice } = (await operator('POST', `${at}/subscription`, { plan })).body;
  await operator('POST', `/v1/ops/invoices/${invoice}/payments`, { reason: 'bank transfer' });
  await until(async () => (await operator('GET', `${at}/subscription`)).body.status === 'active');
}

/** A plan with used auto overage, caps, keys of every kind, details, settings, refusals. */
async function liveAcme(operator: Do, submit: Submit, end: EndJobCall) {
  const at = '/v1/organizations/acme';
  await operator('POST', '/v1/organizations', { id: 'acme', name: 'Acme & Söhne' });
  await subscribe(operator, 'acme', 'startup');
  await operator('PUT', `${at}/overage`, { mode: 'auto' });
  await operator('PUT', `${at}/projects/legal`, { name: 'Legal', budgetCap: 400, retentionDays: 'off' });
  await operator('PUT', `${at}/projects/short`, { name: 'Short-lived', retentionDays: 0 });
  await operator('PUT', `${at}/settings`, {
    retentionDays: 'off',
    alertThresholds: [500, 50],
  });
  const make = async (body: object) => (await operator('POST', `${at}/keys`, body)).body;
  const project = await make({ role: 'project', projectId: 'legal', name: 'Legal’s own', budgetCap: 300 });
  const organization = await make({ role: 'organization', name: 'Finance' });
  const revoked = await make({ role: 'project', projectId: 'short', name: 'Revoked' });
  await operator('DELETE', `${at}/keys/${revoked.keyId}`);
  const former = await make({ role: 'project', projectId: 'legal', name: 'Rolled' });
  const rolled = (await operator('POST', `${at}/keys/${former.keyId}/roll`)).body;

  const give = (body: object, key: string) => operator('POST', `${at}/grants`, body, { 'idempotency-key': key });
  await give(
    {
      kind: 'package',
      credits: 60,
      expiresAt: '2099-01-01T00:00:00Z',
      reason: 'November',
      scope: ['document-extraction'],
    },
    'pack',
  );
  await operator('POST', `${at}/grants`, { grantId: 'gift', kind: 'promotional', credits: 20, reason: 'gift' });
  for (let number = 0; number < 18; number++) {
    const projectId = number % 3 === 0 ? 'legal' : 'short';
    const details = { projectId, reference: `contract ${number}`, metadata: { customer: number } };
    await submit('acme', `job-${number}`, 5 + number, details);
    if (number % 6 === 5) await end('fail', 'acme', `job-${number}`, { reason: 'unreadable' });
    else if (number % 6 !== 4)
      await end('complete', 'acme', `job-${number}`, { usage: { pages: 4 + number + (number % 3) } });
  }
  await end('heartbeat', 'acme', 'job-4');
  await end('fail', 'acme', 'job-3').catch(() => undefined);
  // Trial, promotional credits and packages are used up: the rest is overage.
  for (let number = 0; number < 8; number++) {
    await submit('acme', `large-${number}`, 900, { projectId: 'bulk' });
    if (number < 6) await end('complete', 'acme', `large-${number}`);
  }
  await submit('acme', 'over-cap', 1_000, { projectId: 'legal' }).catch(() => undefined);
  return { keys: { project, organization, rolled }, revoked: { revoked: revoked.key, former: former.key } };
}

async function livePayAsYouGo(operator: Do, submit: Submit, end: EndJobCall): Promise<void> {
  const at = '/v1/organizations/borealis';
  await operator('POST', '/v1/organizations', { id: 'borealis', name: 'Borealis', currency: 'USD' });
  await payByTransfer(operator, 'borealis');
  await operator('PUT', `${at}/overage`, { mode: 'pay-as-you-go' });
  await operator('PUT', `${at}/settings`, { retentionDays: 'off' });
  for (let number = 0; number < 7; number++) {
    await submit('borealis', `payg-${number}`, 120, { reference: `scan ${number}` });
    if (number < 5) await end('complete', 'borealis', `payg-${number}`, { usage: { pages: 100 + number } });
  }
  await operator('PUT', `${at}/projects/default`, { name: 'Everything', budgetCap: 5_000 });
}

/** A grant that expires, a revoked grant, a plan that ends, a refusal for insufficient credits. */
async function liveEndings(operator: Do, submit: Submit, end: EndJobCall): Promise<void> {
  const at = '/v1/organizations/cirrus';
  await operator('POST', '/v1/organizations', { id: 'cirrus', name: 'Cirrus', currency: 'EUR' });
  await subscribe(operator, 'cirrus', 'developer');
  const expiresAt = new Date(Date.now() + 1_500).toISOString();
  const grant = { kind: 'top-up', credits: 70, reason: 'bought' };
  await operator('POST', `${at}/grants`, { ...grant, grantId: 'short', kind: 'package', expiresAt });
  await operator('POST', `${at}/grants`, { ...grant, grantId: 'taken-back' });
  await operator('POST', `${at}/grants`, { ...grant, grantId: 'stays' });
  await submit('cirrus', 'done', 30);
  await end('complete', 'cirrus', 'done', { usage: { pages: 12 } });
  await operator('DELETE', `${at}/grants/taken-back`, { reason: 'paid back' });
  await operator('DELETE', `${at}/subscription?when=now`);
  await operator('PUT', `${at}/settings`, { alertThresholds: [], retentionDays: 30 });
  await submit('cirrus', 'too-large', 9_000).catch(() => undefined);
  await until(async () => (await operator('GET', `${at}/balance`)).body.expired > 0);
}
