import { balanceOf, caller, eventually, organizationWith } from '../support/callers';
import { call, removeDirectories, startStandalone, type Standalone } from '../support/server';

// Members and parameters that are not known, and usages that say nothing: refused, by name, before a credit moves.

let server: Standalone;
let org: string;
let made = 0;
beforeAll(async () => {
  server = await startStandalone(undefined, { flags: ['--catalog', 'catalogs/leapocr.yaml'] });
  org = await organizationWith(server, 10_000_000);
}, 60_000);
afterAll(async () => {
  expect(await server.process.stop()).toBe(0);
  removeDirectories();
});

const service = (method: string, path: string, body?: unknown, headers?: Record<string, string>) =>
  caller(server, 'service')(method, path, body, headers);
const operator = (method: string, path: string, body?: unknown) => caller(server, 'operator')(method, path, body);
const at = (path: string) => `/v1/organizations/${org}${path}`;
const job = (more: object = {}) => ({
  id: `job-${++made}`,
  organizationId: org,
  operation: 'standard-v2',
  usage: { pages: 12 },
  ...more,
});
const open = async (more: object = {}): Promise<string> => {
  const wanted = job(more);
  expect(await service('POST', '/v1/jobs', wanted)).toMatchObject({ status: 202 });
  return wanted.id;
};
const error = (field: string, message: string) => ({
  field,
  rule: 'unknown',
  message: expect.stringContaining(message),
});
const refused = (field: string, message: string) => ({
  status: 422,
  body: { code: 'invalid_input', errors: [error(field, message)] },
});

describe('members that no route knows', () => {
  test.each<[string, string, () => string, object, string, string]>([
    [
      'a feature misspelt',
      'POST',
      () => '/v1/jobs',
      { id: 'a', organizationId: 'o', operation: 'standard-v2', usage: { pages: 10 }, feature: ['structured-output'] },
      'feature',
      'did you mean features?',
    ],
    [
      'pages of a file misspelt',
      'POST',
      () => '/v1/jobs',
      { id: 'a', organizationId: 'o', operation: 'standard-v2', usage: { files: [{ type: 'pdf', page: 1 }] } },
      'usage.files[0].page',
      'did you mean usage.files[0].pages?',
    ],
    [
      'pages outside of usage',
      'POST',
      () => '/v1/jobs/any/complete',
      { organizationId: 'o', pages: 9 },
      'pages',
      'did you mean usage.pages?',
    ],
    [
      'a reason misspelt',
      'POST',
      () => '/v1/jobs/any/fail',
      { organizationId: 'o', reasons: 'x' },
      'reasons',
      'did you mean reason?',
    ],
    [
      'a usage in a heartbeat',
      'POST',
      () => '/v1/jobs/any/heartbeat',
      { organizationId: 'o', usage: {} },
      'usage',
      'Known here: organizationId',
    ],
    [
      'a preview',
      'POST',
      () => '/v1/preview',
      { organizationId: 'o', operation: 'standard-v2', usage: { pages: 1, Pages: 2 } },
      'usage.Pages',
      'did you mean usage.pages?',
    ],
    [
      'beside the jobs of a batch',
      'POST',
      () => '/v1/jobs/batch',
      { jobs: [{}], organizationId: 'o' },
      'organizationId',
      'Known here: jobs',
    ],
    [
      'beside the outcomes of a batch',
      'POST',
      () => '/v1/jobs/outcomes',
      { outcomes: [{}], outcome: [] },
      'outcome',
      'did you mean outcomes?',
    ],
    ['beside the jobs of a preview', 'POST', () => '/v1/preview', { jobs: [{}], job: {} }, 'job', 'did you mean jobs?'],
    [
      'an end of a grant misspelt',
      'POST',
      () => at('/grants'),
      { grantId: 'g', kind: 'top-up', credits: 1, reason: 'r', expires_at: '2030-01-01T00:00:00Z' },
      'expires_at',
      'did you mean expiresAt?',
    ],
    ['a grant to revoke', 'DELETE', () => at('/grants/start'), { reasn: 'x' }, 'reasn', 'did you mean reason?'],
    [
      'an organization',
      'POST',
      () => '/v1/organizations',
      { id: 'x', name: 'x', currancy: 'USD' },
      'currancy',
      'did you mean currency?',
    ],
    ['a project', 'PUT', () => at('/projects/p'), { budget_cap: 5 }, 'budget_cap', 'did you mean budgetCap?'],
    ['settings', 'PUT', () => at('/settings'), { auto_overage: true }, 'auto_overage', 'did you mean autoOverage?'],
    ['a key', 'POST', () => at('/keys'), { role: 'project', project: 'p' }, 'project', 'did you mean projectId?'],
    ['a cap of a key', 'PUT', () => at('/keys/k'), { ceiling: 5 }, 'ceiling', 'Known here: cap, budgetCap'],
    ['a key of operators', 'POST', () => '/v1/ops/keys', { role: 'service', nam: 'x' }, 'nam', 'did you mean name?'],
    ['a proof', 'POST', () => '/v1/ops/replay', { organization: 'x' }, 'organization', 'did you mean organizationId?'],
    [
      'a route without a body',
      'POST',
      () => '/v1/ops/verify',
      { organizationId: 'x' },
      'organizationId',
      'takes no body',
    ],
    ['another route without a body', 'POST', () => at('/keys/k/roll'), { name: 'x' }, 'name', 'takes no body'],
  ])('%s', async (_, method, path, body, field, message) =>
    expect(await operator(method, path(), body)).toMatchObject(refused(field, message)),
  );

  test('in one entry of a batch: only that entry is refused', async () => {
    const jobs = [job(), job({ feature: [] }), job({ usage: { page: 1 } }), job()];
    const { body } = await service('POST', '/v1/jobs/batch', { jobs });
    expect(body.results).toMatchObject([
      { credits: 12 },
      { status: 422, code: 'invalid_input', errors: [error('feature', 'features')] },
      { status: 422, code: 'invalid_input', errors: [error('usage.page', 'usage.pages')] },
      { credits: 12 },
    ]);
    const [first, , , last] = jobs.map(({ id }) => ({ id, organizationId: org, outcome: 'completed' }));
    const ended = await service('POST', '/v1/jobs/outcomes', { outcomes: [first, { ...last, pages: 9 }] });
    expect(ended.body.results).toMatchObject([
      { consumed: 12 },
      { status: 422, errors: [error('pages', 'usage.pages')] },
    ]);
  });

  test('what is in metadata is the caller’s', async () => {
    const metadata = { pages: 1, feature: ['x'], deep: { expires_at: null } };
    const id = await open({ metadata });
    const { body } = await service('GET', `/v1/jobs/${id}?organizationId=${org}`);
    expect(body.details).toEqual({ metadata });
  });

  test('a member that is named twice', async () => {
    const text = `{"kind":"top-up","reason":"r","grantId":"twice","credits":1,"credits":100}`;
    const response = await fetch(server.url + at('/grants'), {
      method: 'POST',
      headers: { authorization: `Bearer ${server.keys.operator}`, 'content-type': 'application/json' },
      body: text,
    });
    expect([response.status, await response.json()]).toMatchObject([
      400,
      { code: 'invalid_json', detail: expect.stringContaining('"credits"') },
    ]);
  });
});

describe('query parameters that no route knows', () => {
  test.each<[string, string, () => string, string]>([
    ['GET', 'a list', () => `/v1/jobs?organizationId=${org}&projectId=pr1`, 'did you mean project?'],
    ['GET', 'one job', () => `/v1/jobs/any?organization_id=${org}`, 'did you mean organizationId?'],
    ['GET', 'a balance', () => at('/balance?at_revision=1'), 'did you mean atRevision?'],
    ['GET', 'usage', () => at('/usage?group_by=day'), 'did you mean groupBy?'],
    ['GET', 'history', () => at('/history?Kind=grant'), 'did you mean kind?'],
    ['GET', 'events', () => at('/events?kinds=x'), 'did you mean kind?'],
    ['GET', 'a route that takes none', () => '/v1/catalog?version=1', 'Leave the parameter out'],
    ['GET', 'health', () => '/health/live?x=1', 'Leave the parameter out'],
    ['POST', 'a submission', () => '/v1/jobs?dryRun=true', 'Leave the parameter out'],
    ['POST', 'a proof', () => '/v1/ops/verify?organizationId=x', 'Leave the parameter out'],
    ['DELETE', 'a grant', () => at('/grants/start?reason=x'), 'Leave the parameter out'],
  ])('%s of %s', async (method, _, path, message) => {
    const [, field] = /\?(?:organizationId=[^&]*&)?(\w+)=/.exec(path())!;
    expect(await operator(method, path())).toMatchObject({
      status: 400,
      body: { code: 'unknown_parameter', errors: [error(field!, message)], detail: expect.stringContaining(field!) },
    });
  });

  test('a key is asked for first', async () =>
    expect(await call(`${server.url}/v1/jobs?x=1`)).toMatchObject({ status: 401 }));

  test('a parameter that is given twice', async () =>
    expect(await operator('GET', at('/usage?project=a&project=b'))).toMatchObject({
      status: 422,
      body: { code: 'invalid_input', errors: [{ field: 'project', rule: 'once' }] },
    }));
});

describe('a usage that says nothing', () => {
  test('is refused and names the unit; without a usage all that was reserved is consumed', async () => {
    const id = await open();
    const complete = (body: object) => service('POST', `/v1/jobs/${id}/complete`, { organizationId: org, ...body });
    for (const usage of [{}, { pages: null }])
      expect(await complete({ usage })).toMatchObject({
        status: 422,
        body: { code: 'invalid_job', errors: [{ field: 'usage.pages', rule: 'required' }] },
      });
    expect(await complete({ usage: { pages: 9 } })).toMatchObject({ status: 200, body: { consumed: 9, refunded: 3 } });
    const other = await open();
    expect(await service('POST', `/v1/jobs/${other}/complete`, { organizationId: org })).toMatchObject({
      body: { consumed: 12 },
    });
  });

  test.each([-1, 0])('%d pages break the one rule that there is', async (pages) =>
    expect(await service('POST', '/v1/jobs', job({ usage: { pages } }))).toMatchObject({
      status: 422,
      body: { errors: [{ field: 'usage.pages', rule: 'whole', message: 'Give a whole number of pages, 1 or more.' }] },
    }),
  );
});

describe('over the bus', () => {
  const event = (type: string, data: object) => ({
    specversion: '1.0',
    id: `e-${++made}`,
    source: 'test',
    type,
    data,
    myextension: 'kept',
  });
  const send = (body: object) =>
    service('POST', '/v1/events', body, { 'content-type': 'application/cloudevents+json' });

  test('an unknown member of the data is refused, an extension attribute is not', async () => {
    const id = await open();
    const completed = (more: object) => event('tallystick.job.completed', { id, organizationId: org, ...more });
    expect(await send(completed({ pages: 9 }))).toMatchObject(refused('data.pages', 'did you mean usage.pages?'));
    expect(await send(completed({ usage: { pages: 9 } }))).toMatchObject({ status: 202 });
    const { body } = await eventually(
      () => service('GET', `/v1/jobs/${id}?organizationId=${org}`),
      (answer) => answer.body.status === 'consumed',
    );
    expect(body).toMatchObject({ consumed: 9, refunded: 3 });
  });

  test('the same in binary mode', async () => {
    const headers = {
      'ce-specversion': '1.0',
      'ce-id': 'b',
      'ce-source': 't',
      'ce-type': 'tallystick.job.completed',
      'ce-other': 'x',
    };
    const answer = await service('POST', '/v1/events', { id: 'j', organizationId: org, pages: 9 }, headers);
    expect(answer).toMatchObject(refused('data.pages', 'did you mean usage.pages?'));
  });

  test('a usage that says nothing is a dead letter, and moves nothing', async () => {
    const id = await open();
    expect(await send(event('tallystick.job.completed', { id, organizationId: org, usage: {} }))).toMatchObject({
      status: 202,
    });
    const letters = await eventually(
      () => operator('GET', '/v1/ops/dead-letters?class=refused'),
      ({ body }) => body.data.length > 0,
    );
    expect(letters.body.data).toMatchObject([{ reason: expect.stringContaining('invalid_job') }]);
    expect((await service('GET', `/v1/jobs/${id}?organizationId=${org}`)).body).toMatchObject({ status: 'reserved' });
  });

  test('a report of usage for a limit that the catalog does not name', async () => {
    const data = { organizationId: org, limit: 'maxStorage', value: 3 };
    expect(await send(event('tallystick.usage.reported', data))).toMatchObject({
      status: 422,
      body: { errors: [{ field: 'data.limit', rule: 'reported' }] },
    });
  });
});

describe('the same job again', () => {
  test('in other words, alone and in a batch', async () => {
    const files = [
      { type: 'pdf', pages: 3, name: 'a.pdf' },
      { type: 'png', pages: 1 },
      { type: 'pdf', pages: 5 },
    ];
    const first = job({ usage: { files }, features: ['structured-output', 'custom-instructions'] });
    const { body: reserved } = await service('POST', '/v1/jobs', first);
    const again = {
      ...first,
      usage: {
        files: [
          { type: 'image/PNG', pages: 1 },
          { type: 'PDF', pages: 5, name: 'b.pdf' },
          { type: 'application/pdf', pages: 3 },
        ],
      },
      features: ['custom-instructions', 'structured-output'],
      reference: 'another one',
    };
    expect(await service('POST', '/v1/jobs', again)).toMatchObject({ status: 200, body: reserved });
    const { body } = await service('POST', '/v1/jobs/batch', { jobs: [again] });
    expect(body.results).toMatchObject([{ ...reserved, repeated: true }]);
    const other = { ...again, usage: { files: files.slice(1) } };
    expect(await service('POST', '/v1/jobs', other)).toMatchObject({ status: 409, body: { code: 'job_conflict' } });
  });
});

describe('how large a job may be', () => {
  const million = 1_000_000;

  test('a million pages at three credits are accepted; a page more has a code of its own, at completion too', async () => {
    const id = await open({ operation: 'pro-v2', usage: { pages: million } });
    const large = (usage: object) => service('POST', '/v1/jobs', job({ operation: 'pro-v2', usage }));
    const half = { type: 'pdf', pages: million / 2 };
    expect(await large({ pages: million + 1 })).toMatchObject({
      status: 422,
      body: { code: 'too_many_pages' },
    });
    expect(await large({ files: [half, half, { type: 'pdf', pages: 1 }] })).toMatchObject({
      status: 422,
      body: { code: 'too_many_pages', errors: [{ field: 'usage.files', rule: 'max' }] },
    });
    const complete = (usage: object) => service('POST', `/v1/jobs/${id}/complete`, { organizationId: org, usage });
    expect(await complete({ pages: 2 * million })).toMatchObject({ status: 422, body: { code: 'too_many_pages' } });
    expect(await complete({ pages: 1 })).toMatchObject({ status: 200, body: { consumed: 3 } });
  });
});

describe('usage by the day', () => {
  const usage = (query: string) => operator('GET', at(`/usage?${query}`));

  test('a range that does not fall on days of UTC is refused, not widened', async () => {
    for (const query of [
      'from=2026-11-30T00:00:00%2B05:30',
      'to=2026-11-30T00:00:00.001Z',
      'from=2026-11-30T00:00:00.0000001Z',
    ])
      expect(await usage(query)).toMatchObject({ status: 422, body: { errors: [{ rule: 'day' }] } });
  });

  test('one that does is exact, in whichever zone it is written', async () => {
    const today = new Date().toISOString().slice(0, 10);
    const next = new Date(Date.parse(today) + 86_400_000).toISOString().slice(0, 10);
    const all = (await usage('groupBy=day')).body.data;
    const inDelhi = (day: string) => `${day}T05:30:00%2B05:30`;
    expect((await usage(`groupBy=day&from=${inDelhi(today)}`)).body.data).toEqual(
      all.filter(({ day }: { day: string }) => day >= today),
    );
    expect((await usage(`from=${inDelhi(next)}`)).body.data).toEqual([]);
  });
});

describe('what an operator may not set', () => {
  const grant = (more: object) =>
    operator('POST', at('/grants'), { grantId: `g-${++made}`, kind: 'top-up', credits: 1, reason: 'r', ...more });

  test.each(['invoice:1:0', 'trial:standard-v2', 'payg:j', 'surplus:j'])('a grant with the id %s', async (grantId) =>
    expect(await grant({ grantId })).toMatchObject({
      status: 422,
      body: { errors: [{ field: 'grantId', rule: 'reserved' }] },
    }),
  );

  test('a package without an end', async () =>
    expect(await grant({ kind: 'package' })).toMatchObject({
      status: 422,
      body: { errors: [{ field: 'expiresAt', rule: 'required' }] },
    }));

  test('a currency without prices', async () => {
    const answer = await operator('POST', '/v1/organizations', { id: 'yen', name: 'Yen', currency: 'JPY' });
    expect(answer).toMatchObject({
      status: 422,
      body: { errors: [{ field: 'currency', message: expect.stringContaining('USD') }] },
    });
    expect((await operator('GET', '/v1/organizations/yen')).status).toBe(404);
  });

  test.each<[object, string]>([
    [{ overage: 'none', autoOverage: true }, 'autoOverage'],
    [{ overage: 'auto', autoOverage: false }, 'autoOverage'],
    [{ overage: 'pay-as-you-go', autoOverage: true }, 'autoOverage'],
    [{ plan: null, autoOverage: true }, 'plan'],
  ])('settings that contradict each other: %j', async (settings, field) => {
    const before = await balanceOf(server, org);
    expect(await operator('PUT', at('/settings'), settings)).toMatchObject({
      status: 422,
      body: { errors: [{ field, rule: 'contradiction' }] },
    });
    expect(await balanceOf(server, org)).toMatchObject({ revision: before['revision'] });
  });

  test('a project of a key that is for all projects', async () =>
    expect(await operator('POST', at('/keys'), { role: 'organization', projectId: 'p' })).toMatchObject({
      status: 422,
      body: { errors: [{ field: 'projectId', rule: 'contradiction' }] },
    }));
});
