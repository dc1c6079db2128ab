import { caller, organizationWith } from '../support/callers';
import { call } from '../support/server';
import { useServer, withCatalog } from '../support/use-server';

const server = useServer(withCatalog('leapocr'));
let org: string;
let made = 0;
beforeAll(async () => {
  org = await organizationWith(server, 10_000_000);
}, 60_000);

const service = caller(server, 'service');
const operator = caller(server, 'operator');
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

describe('unknown members of a body', () => {
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
      'misspelt pages of a file',
      'POST',
      () => '/v1/jobs',
      { id: 'a', organizationId: 'o', operation: 'standard-v2', usage: { files: [{ type: 'pdf', page: 1 }] } },
      'usage.files[0].page',
      'did you mean usage.files[0].pages?',
    ],
    [
      'pages outside usage',
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
      'next to the jobs of a batch',
      'POST',
      () => '/v1/jobs/batch',
      { jobs: [{}], organizationId: 'o' },
      'organizationId',
      'Known here: jobs',
    ],
    [
      'next to the outcomes of a batch',
      'POST',
      () => '/v1/jobs/outcomes',
      { outcomes: [{}], outcome: [] },
      'outcome',
      'did you mean outcomes?',
    ],
    [
      'next to the jobs of a preview',
      'POST',
      () => '/v1/preview',
      { jobs: [{}], job: {} },
      'job',
      'did you mean jobs?',
    ],
    [
      'a misspelt expiry of a grant',
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
    [
      'settings',
      'PUT',
      () => at('/settings'),
      { alert_thresholds: [1] },
      'alert_thresholds',
      'did you mean alertThresholds?',
    ],
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

  test('in one item of a batch refuse that item only', async () => {
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

  test('are accepted in metadata', async () => {
    const metadata = { pages: 1, feature: ['x'], deep: { expires_at: null } };
    const id = await open({ metadata });
    const { body } = await service('GET', `/v1/jobs/${id}?organizationId=${org}`);
    expect(body.details).toEqual({ metadata });
  });

  test('a member that is given twice is refused', async () => {
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

describe('unknown query parameters', () => {
  test.each<[string, string, () => string, string]>([
    ['GET', 'a list', () => `/v1/jobs?organizationId=${org}&projectId=pr1`, 'did you mean project?'],
    ['GET', 'one job', () => `/v1/jobs/any?organization_id=${org}`, 'did you mean organizationId?'],
    ['GET', 'a balance', () => at('/balance?at_revision=1'), 'did you mean atRevision?'],
    ['GET', 'usage', () => at('/usage?group_by=day'), 'did you mean groupBy?'],
    ['GET', 'history', () => at('/history?Kind=grant'), 'did you mean kind?'],
    ['GET', 'events', () => at('/events?kinds=x'), 'did you mean kind?'],
    ['GET', 'a route without parameters', () => '/v1/catalog?version=1', 'Leave the parameter out'],
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

  test('are reported only to callers with a valid key', async () =>
    expect(await call(`${server.url}/v1/jobs?x=1`)).toMatchObject({ status: 401 }));

  test('a parameter that is given twice is refused', async () =>
    expect(await operator('GET', at('/usage?project=a&project=b'))).toMatchObject({
      status: 422,
      body: { code: 'invalid_input', errors: [{ field: 'project', rule: 'once' }] },
    }));
});
