import { balanceOf, caller, organizationWith } from '../support/callers';
import { useServer, withCatalog } from '../support/use-server';

const server = useServer(withCatalog('iteration-layer'));
let organizationId: string;
beforeAll(async () => {
  organizationId = await organizationWith(server, 1_000);
}, 60_000);

const LONG = 'x'.repeat(10_000);

describe('an invalid request', () => {
  // No request of these tests moves a credit.
  afterAll(async () => {
    expect(await balanceOf(server, organizationId)).toMatchObject({
      granted: 1_000,
      available: 1_000,
      revision: 1,
    });
  });

  const own = (path: string) => `/v1/organizations/${organizationId}${path}`;

  test.each<[string, string, string, object | undefined, string]>([
    ['completing with pages below zero', 'POST', '/v1/jobs/job/complete', { usage: { pages: -2 } }, 'usage.pages'],
    ['a reason that is a number', 'POST', '/v1/jobs/job/fail', { reason: 4 }, 'reason'],
    ['an organization without a name', 'POST', '/v1/organizations', { id: 'x' }, 'name'],
    ['an organization with a bad id', 'POST', '/v1/organizations', { id: 'a/b', name: 'x' }, 'id'],
    ['a grant of nothing', 'POST', 'grants', { kind: 'top-up', credits: 0, reason: 'x' }, 'credits'],
    ['a grant below zero', 'POST', 'grants', { kind: 'top-up', credits: -5, reason: 'x' }, 'credits'],
    ['a grant of half a credit', 'POST', 'grants', { kind: 'top-up', credits: 0.5, reason: 'x' }, 'credits'],
    ['a grant that is too large', 'POST', 'grants', { kind: 'top-up', credits: 1e12, reason: 'x' }, 'credits'],
    ['a grant of a reserved kind', 'POST', 'grants', { kind: 'pay-as-you-go', credits: 5, reason: 'x' }, 'kind'],
    [
      'a grant that has expired',
      'POST',
      'grants',
      { grantId: 'g', kind: 'top-up', credits: 5, reason: 'x', expiresAt: '2020-01-01T00:00:00Z' },
      'expiresAt',
    ],
    [
      'a grant for no operation',
      'POST',
      'grants',
      { grantId: 'g', kind: 'top-up', credits: 5, reason: 'x', scope: ['nothing'] },
      'scope',
    ],
    ['a grant without a reason', 'POST', 'grants', { kind: 'top-up', credits: 5 }, 'reason'],
    ['a cap below zero', 'PUT', 'projects/p', { budgetCap: -1 }, 'budgetCap'],
    ['a cap as text', 'PUT', 'projects/p', { budgetCap: '5' }, 'budgetCap'],
    ['a project with a bad id', 'PUT', 'projects/a%20b', { budgetCap: 1 }, 'project'],
    ['retention below zero', 'PUT', 'settings', { retentionDays: -1 }, 'retentionDays'],
    ['thresholds as a number', 'PUT', 'settings', { alertThresholds: 5 }, 'alertThresholds'],
    ['a balance at an invalid time', 'GET', 'balance?at=yesterday', undefined, 'at'],
    ['a balance below the first revision', 'GET', 'balance?atRevision=-1', undefined, 'atRevision'],
    ['a balance at an invalid revision', 'GET', 'balance?atRevision=', undefined, 'atRevision'],
    ['a balance at a hexadecimal revision', 'GET', 'balance?atRevision=0x0', undefined, 'atRevision'],
    ['a balance at two revisions', 'GET', 'balance?atRevision=0&atRevision=1', undefined, 'atRevision'],
    ['a page in scientific notation', 'GET', 'history?limit=1e1', undefined, 'limit'],
    ['a balance twice', 'GET', 'balance?atRevision=0&at=2026-01-01T00:00:00Z', undefined, 'at'],
    ['an invalid cursor', 'GET', 'history?cursor=zzz', undefined, 'cursor'],
    ['a page too large', 'GET', 'history?limit=100000', undefined, 'limit'],
    ['an empty page', 'GET', 'history?limit=0', undefined, 'limit'],
    ['an unknown kind', 'GET', 'history?kind=theft', undefined, 'kind'],
    ['an unknown group', 'GET', 'usage?groupBy=mood', undefined, 'groupBy'],
    ['an unknown job status', 'GET', '/v1/jobs?status=lost', undefined, 'status'],
    ['jobs of an unknown organization', 'GET', '/v1/jobs', undefined, 'organizationId'],
  ])('%s', async (_, method, path, body, field) => {
    const isJob = path.startsWith('/v1/jobs/');
    const at = path.startsWith('/') ? path : own(`/${path}`);
    const { status, body: problem } = await caller(server, 'operator')(
      method,
      at,
      isJob ? { organizationId, ...body } : body,
    );
    expect(status).toBe(422);
    expect(problem.errors.map((error: { field: string }) => error.field)).toContain(field);
  });

  test('an invalid id in a path gets 404', async () => {
    const operator = caller(server, 'operator');
    for (const id of ['$all', 'a%2Fb', 'a%20b', '%00', LONG.slice(0, 400)])
      expect((await operator('GET', `/v1/jobs/${id}?organizationId=${organizationId}`)).status).toBe(404);
    for (const id of ['%24all', 'a%20b', 'unknown'])
      expect((await operator('GET', `/v1/organizations/${id}/balance`)).status).toBe(404);
  });
});
