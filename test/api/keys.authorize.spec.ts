import { caller, organizationWith } from '../support/callers';
import { call } from '../support/server';
import { useServer, withCatalog } from '../support/use-server';

const server = useServer(withCatalog('leapocr'));
let mine: string;
let other: string;
let mineKey: { key: string; keyId: string };
let projectKey: { key: string };
beforeAll(async () => {
  const operator = caller(server, 'operator');
  mine = await organizationWith(server, 100);
  other = await organizationWith(server, 100);
  mineKey = (await operator('POST', `/v1/organizations/${mine}/keys`, { role: 'organization' })).body;
  projectKey = (await operator('POST', `/v1/organizations/${mine}/keys`, { projectId: 'p' })).body;
  for (const [organizationId, id] of [
    [mine, 'own'],
    [other, 'theirs'],
  ])
    await caller(server, 'service')('POST', '/v1/jobs', {
      id,
      organizationId,
      operation: 'standard-v2',
      usage: { pages: 1 },
    });
}, 60_000);

const job = (id: string) => ({ id, operation: 'standard-v2', usage: { pages: 1 } });

test.each(['/v1/jobs', '/v1/organizations', '/v1/catalog', '/v1/ops/views', '/v1/organizations/demo/balance'])(
  'a missing, wrong or empty key gets 401 at %s',
  async (path) => {
    for (const authorization of [
      undefined,
      'Bearer ',
      'Bearer nonsense',
      'Basic abc',
      `Bearer ${server.keys.service}x`,
    ]) {
      const answer = await call(server.url + path, {
        headers: authorization === undefined ? {} : { authorization },
      });
      expect(answer).toMatchObject({ status: 401, body: { code: 'unauthorized' } });
    }
  },
);

test.each<['organization' | 'project' | 'service', string, string, object?]>([
  ['organization', 'GET', '/v1/organizations'],
  ['organization', 'POST', '/v1/organizations', { id: 'x', name: 'x' }],
  ['organization', 'POST', '/v1/organizations/demo/grants', { kind: 'top-up', credits: 5, reason: 'x' }],
  ['organization', 'GET', '/v1/ops/dead-letters'],
  ['organization', 'POST', '/v1/ops/keys', { role: 'operator' }],
  ['project', 'GET', '/v1/organizations/demo/keys'],
  ['project', 'PUT', '/v1/organizations/demo/projects/demo-project', { budgetCap: null }],
  ['service', 'POST', '/v1/organizations/demo/grants', { kind: 'top-up', credits: 5, reason: 'x' }],
  ['service', 'GET', '/v1/ops/keys'],
])('a key with the role %s is not allowed to %s %s', async (...[role, method, path, body]) => {
  expect(await caller(server, role)(method, path, body)).toMatchObject({
    status: 403,
    body: { code: 'forbidden' },
  });
});

describe('resources of another organization get 404:', () => {
  test.each<[string, (own: string, theirs: string) => [string, string, object?]]>([
    ['its organization', (_, theirs) => ['GET', `/v1/organizations/${theirs}`]],
    ['its balance', (_, theirs) => ['GET', `/v1/organizations/${theirs}/balance`]],
    ['its history', (_, theirs) => ['GET', `/v1/organizations/${theirs}/history`]],
    ['its usage', (_, theirs) => ['GET', `/v1/organizations/${theirs}/usage`]],
    ['its stream', (_, theirs) => ['GET', `/v1/organizations/${theirs}/events`]],
    ['its keys', (_, theirs) => ['GET', `/v1/organizations/${theirs}/keys`]],
    ['creating a key for it', (_, theirs) => ['POST', `/v1/organizations/${theirs}/keys`, {}]],
    ['its settings', (_, theirs) => ['PUT', `/v1/organizations/${theirs}/settings`, { retentionDays: 1 }]],
    ['its jobs', (_, theirs) => ['GET', `/v1/jobs?organizationId=${theirs}`]],
    ['its job', (_, theirs) => ['GET', `/v1/jobs/theirs?organizationId=${theirs}`]],
    ['its job without its organization id', () => ['GET', '/v1/jobs/theirs']],
    ['its job’s details', (_, theirs) => ['DELETE', `/v1/jobs/theirs/details?organizationId=${theirs}`]],
    ['submitting for it', (_, theirs) => ['POST', '/v1/jobs', { ...job('x'), organizationId: theirs }]],
    ['previewing for it', (_, theirs) => ['POST', '/v1/preview', { ...job('x'), organizationId: theirs }]],
    ['revoking its key', (own) => ['DELETE', `/v1/organizations/${own}/keys/00000000-0000-0000-0000-000000000000`]],
  ])('%s', async (_, make) => {
    const answer = await caller(server, mineKey)(...make(mine, other));
    expect(answer).toMatchObject({ status: 404, body: { code: 'not_found' } });
  });

  test('jobs in a batch and in events', async () => {
    const jobs = [{ ...job('x'), organizationId: other }, job('fine')];
    const { body } = await caller(server, mineKey)('POST', '/v1/jobs/batch', { jobs });
    expect(body.results).toMatchObject([{ status: 404 }, { status: 'reserved' }]);
    const event = {
      specversion: '1.0',
      id: 'e',
      source: 's',
      type: 'tallystick.job.submitted',
      data: { ...job('theirs'), organizationId: other },
    };
    const posted = await caller(server, mineKey)('POST', '/v1/events', event, {
      'content-type': 'application/cloudevents+json',
    });
    expect(posted.status).toBe(404);
  });
});

describe('a project key', () => {
  test('has access to its own project only', async () => {
    const project = caller(server, projectKey);
    expect((await project('POST', '/v1/jobs', job('in-p'))).status).toBe(202);
    expect((await project('GET', '/v1/jobs/in-p')).body).toMatchObject({
      projectId: 'p',
      organizationId: mine,
    });
    expect((await project('POST', '/v1/jobs', { ...job('y'), projectId: 'q' })).status).toBe(404);
    for (const [method, path] of [
      ['GET', '/v1/jobs/own'],
      ['DELETE', '/v1/jobs/own/details'],
    ])
      expect((await project(method!, path!)).status).toBe(404);
    expect((await project('GET', '/v1/jobs?project=default')).status).toBe(404);
    const event = {
      specversion: '1.0',
      id: 'e',
      source: 's',
      type: 'tallystick.job.submitted',
      data: { ...job('other'), projectId: 'q' },
    };
    expect(
      (await project('POST', '/v1/events', event, { 'content-type': 'application/cloudevents+json' })).status,
    ).toBe(404);
    expect((await project('GET', `/v1/organizations/${mine}/history?project=default`)).status).toBe(404);
  });
});

describe('API keys', () => {
  test('are shown once, and a roll, cap or revocation takes effect immediately', async () => {
    const organization = caller(server, mineKey);
    const made = (
      await organization('POST', `/v1/organizations/${mine}/keys`, {
        projectId: 'k',
        name: 'CI',
        budgetCap: 2,
      })
    ).body;
    expect(made).toMatchObject({
      role: 'project',
      projectId: 'k',
      name: 'CI',
      budgetCap: 2,
      key: expect.stringMatching(/^tsk_project_/),
    });
    const listed = (await organization('GET', `/v1/organizations/${mine}/keys`)).body.data as Record<string, unknown>[];
    const shown = listed.find(({ keyId }) => keyId === made.keyId);
    expect(shown).toMatchObject({ name: 'CI', budgetCap: 2 });
    expect(JSON.stringify(listed)).not.toContain(made.key);
    expect(shown).not.toHaveProperty('hash');
    const submit = (key: string, id: string) => caller(server, { key })('POST', '/v1/jobs', job(id));
    expect((await submit(made.key, 'k1')).status).toBe(202);
    expect((await submit(made.key, 'k2')).status).toBe(202);
    expect(await submit(made.key, 'k3')).toMatchObject({
      status: 402,
      body: { error: 'Budget cap exceeded' },
    });
    const rolled = (await organization('POST', `/v1/organizations/${mine}/keys/${made.keyId}/roll`)).body;
    expect(rolled.keyId).toBe(made.keyId);
    expect((await submit(made.key, 'k4')).status).toBe(401);
    expect((await submit(rolled.key, 'k1')).status).toBe(200);
    expect((await organization('DELETE', `/v1/organizations/${mine}/keys/${made.keyId}`)).body).toHaveProperty(
      'revokedAt',
    );
    expect((await submit(rolled.key, 'k1')).status).toBe(401);
  });

  test('are not written to the log', () => {
    const log = server.process.out
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .join('\n');
    for (const key of [mineKey.key, projectKey.key, ...Object.values(server.keys)]) expect(log).not.toContain(key);
  });
});
