import { request } from 'node:http';
import { balanceOf, caller, eventually, organizationWith } from '../support/callers';
import { removeDirectories, startStandalone, type Standalone } from '../support/server';

let server: Standalone;
let organizationId: string;
beforeAll(async () => {
  server = await startStandalone(undefined, { flags: ['--catalog', 'catalogs/iteration-layer.yaml'] });
  organizationId = await organizationWith(server, 1_000);
}, 60_000);
afterAll(async () => {
  expect(await balanceOf(server, organizationId)).toMatchObject({
    granted: 1_000,
    available: 1_000,
    revision: 1,
  });
  expect(await server.process.stop()).toBe(0);
  removeDirectories();
});

const job = () => ({
  id: 'job',
  organizationId,
  operation: 'document-extraction',
  usage: { files: [{ type: 'pdf', pages: 1 }] } as object,
});
const raw = async (path: string, body: string, contentType: string | undefined) => {
  const authorization = `Bearer ${server.keys.service}`;
  const headers = { authorization, ...(contentType !== undefined && { 'content-type': contentType }) };
  const response = await fetch(server.url + path, { method: 'POST', headers, body: Buffer.from(body) });
  return { status: response.status, type: response.headers.get('content-type'), body: await response.json() };
};

const LONG = 'x'.repeat(10_000);
const files = (count: number) => Array.from({ length: count }, () => ({ type: 'png' }));

describe('POST /v1/jobs', () => {
  test.each<[string, object, string, string]>([
    ['no id', { id: undefined }, 'id', 'required'],
    ['an id with $', { id: 'a$b' }, 'id', 'id'],
    ['an id with /', { id: 'a/b' }, 'id', 'id'],
    ['an id with spaces', { id: 'a b' }, 'id', 'id'],
    ['an id of 10 kB', { id: LONG }, 'id', 'id'],
    ['an id that is a number', { id: 7 }, 'id', 'id'],
    ['an id that is an object', { id: { $ne: null } }, 'id', 'id'],
    ['no organization', { organizationId: undefined }, 'organizationId', 'required'],
    ['an organization of wrong form', { organizationId: '$all' }, 'organizationId', 'id'],
    ['a project of wrong form', { projectId: '../x' }, 'projectId', 'id'],
    ['no operation', { operation: undefined }, 'operation', 'required'],
    ['an unknown operation', { operation: 'document-destruction' }, 'operation', 'unknown'],
    ['an operation of Object’s own', { operation: 'constructor' }, 'operation', 'unknown'],
    ['an operation that is a list', { operation: ['x'] }, 'operation', 'text'],
    ['usage as text', { usage: 'much' }, 'usage', 'object'],
    ['usage as a list', { usage: [{ pages: 1 }] }, 'usage', 'object'],
    ['no usage', { usage: undefined }, 'usage.pages', 'required'],
    ['no pages for a PDF', { usage: { files: [{ type: 'pdf' }] } }, 'usage.files[0].pages', 'required'],
    ['pages below zero', { usage: { pages: -1 } }, 'usage.pages', 'whole'],
    ['no page at all', { usage: { pages: 0 } }, 'usage.pages', 'whole'],
    ['half a page', { usage: { pages: 1.5 } }, 'usage.pages', 'whole'],
    ['pages as text', { usage: { pages: '3' } }, 'usage.pages', 'whole'],
    ['more pages than numbers are exact', { usage: { pages: 9_007_199_254_740_993 } }, 'usage.pages', 'whole'],
    ['1e308 pages', { usage: { pages: 1e308 } }, 'usage.pages', 'whole'],
    ['more pages than a job may have', { usage: { pages: 1_000_001 } }, 'usage.pages', 'max'],
    ['no files', { usage: { files: [] } }, 'usage.files', 'min'],
    ['21 files', { usage: { files: files(21) } }, 'usage.files', 'max'],
    ['1,001 files', { usage: { files: files(1_001) } }, 'usage.files', 'list'],
    ['two files to markdown', { operation: 'document-to-markdown', usage: { files: files(2) } }, 'usage.files', 'max'],
    ['a file that is null', { usage: { files: [null] } }, 'usage.files[0]', 'object'],
    ['an unknown type of file', { usage: { files: [{ type: 'exe', pages: 1 }] } }, 'usage.files[0].type', 'unknown'],
    ['an unknown feature', { features: ['gold-plating'] }, 'features[0]', 'unknown'],
    ['features as text', { features: 'all' }, 'features', 'list'],
    ['metadata as a list', { metadata: [1] }, 'metadata', 'metadata'],
    ['metadata too large', { metadata: { text: LONG } }, 'metadata', 'metadata'],
    ['a reference too long', { reference: LONG }, 'reference', 'text'],
    ['a day that is none', { occurredAt: '2026-02-30T00:00:00Z' }, 'occurredAt', 'time'],
    ['a time without a zone', { occurredAt: '2026-02-03T00:00:00' }, 'occurredAt', 'time'],
    ['the year 0001', { occurredAt: '0001-01-01T00:00:00Z' }, 'occurredAt', 'time'],
    ['the year 9999', { occurredAt: '9999-12-31T23:59:59Z' }, 'occurredAt', 'time'],
    ['tomorrow’s clock', { occurredAt: new Date(Date.now() + 86_400_000).toISOString() }, 'occurredAt', 'future'],
  ])('%s', async (_, change, field, rule) => {
    const { status, headers, body } = await caller(server, 'service')('POST', '/v1/jobs', {
      ...job(),
      ...change,
    });
    expect(status).toBe(422);
    expect(headers.get('content-type')).toContain('application/problem+json');
    expect(body).toMatchObject({
      type: expect.any(String),
      title: expect.any(String),
      status: 422,
      detail: expect.any(String),
    });
    expect(body.errors).toContainEqual({ field, rule, message: expect.stringMatching(/\.$/) });
    // The same in its place of a batch.
    const batch = await caller(server, 'service')('POST', '/v1/jobs/batch', {
      jobs: [{ ...job(), ...change }],
    });
    expect(batch).toMatchObject({ status: 200, body: { results: [{ status: 422, code: body.code }] } });
  });

  test('last year is older than the window: refused as stale', async () => {
    const other = await organizationWith(server, 10);
    const old = { ...job(), organizationId: other, occurredAt: '2025-01-01T00:00:00Z' };
    const answer = await caller(server, 'service')('POST', '/v1/jobs', old);
    expect(answer).toMatchObject({ status: 409, body: { code: 'stale_job' } });
    expect(await balanceOf(server, other)).toMatchObject({ reserved: 0, consumed: 0 });
  });

  test.each<[string, string, string | undefined, number]>([
    ['broken JSON', '{"id":', 'application/json', 400],
    ['no JSON at all', 'id=job', 'application/json', 400],
    ['prototype pollution', '{"__proto__":{"x":1}}', 'application/json', 400],
    ['a form', 'id=job', 'application/x-www-form-urlencoded', 415],
    ['XML', '<job/>', 'application/xml', 415],
    ['plain text', '{}', 'text/plain', 415],
    ['a list', '[]', 'application/json', 422],
    ['a list of lists', '[[1]]', 'application/json', 422],
    ['null', 'null', 'application/json', 422],
    ['a number', '4', 'application/json', 422],
    ['a text', '"job"', 'application/json', 422],
    ['nesting without end', `{"id":"a","x":${'['.repeat(30_000)}${']'.repeat(30_000)}}`, 'application/json', 422],
  ])('%s', async (_, body, contentType, status) => {
    const answer = await raw('/v1/jobs', body, contentType);
    expect(answer.status).toBe(status);
    expect(answer.type).toContain('application/problem+json');
    expect(answer.body).toMatchObject({ status, code: expect.any(String), detail: expect.any(String) });
  });

  test('a body too large is refused before it is read', async () => {
    const { port } = new URL(server.url);
    const headers = {
      authorization: `Bearer ${server.keys.service}`,
      'content-type': 'application/json',
      'content-length': 9_000_000,
    };
    const status = await new Promise((resolve, reject) => {
      const asking = request({ port, host: '127.0.0.1', path: '/v1/jobs', method: 'POST', headers }, (answer) => {
        resolve(answer.statusCode);
        asking.destroy();
      });
      asking.on('error', reject).flushHeaders();
    });
    expect(status).toBe(413);
  });

  test.each<[string, unknown]>([
    ['nothing', {}],
    ['a text', { jobs: 'all' }],
    ['no jobs', { jobs: [] }],
    ['1,001 jobs', { jobs: Array(1_001).fill({}) }],
    ['a bare list', []],
    ['null', null],
  ])('a batch that is none: %s', async (_, body) => {
    const answer = await caller(server, 'service')('POST', '/v1/jobs/batch', body);
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ field: 'jobs' }] } });
  });

  test('what is no job in a batch spoils no other', async () => {
    const jobs = [null, 5, 'job', [], {}, { ...job(), usage: 1 }];
    const { results } = (await caller(server, 'service')('POST', '/v1/jobs/batch', { jobs })).body as {
      results: object[];
    };
    expect(results).toHaveLength(6);
    for (const result of results) expect(result).toMatchObject({ status: 422, code: 'invalid_input' });
  });
});

describe('other routes', () => {
  const own = (path: string) => `/v1/organizations/${organizationId}${path}`;

  test.each<[string, string, string, object | undefined, string]>([
    ['completing with pages below zero', 'POST', '/v1/jobs/job/complete', { usage: { pages: -2 } }, 'usage.pages'],
    ['a reason that is a number', 'POST', '/v1/jobs/job/fail', { reason: 4 }, 'reason'],
    ['an organization without a name', 'POST', '/v1/organizations', { id: 'x' }, 'name'],
    ['an organization with a bad id', 'POST', '/v1/organizations', { id: 'a/b', name: 'x' }, 'id'],
    ['a plan that is not sold', 'POST', '/v1/organizations', { id: 'planless', name: 'x', plan: 'gold' }, 'plan'],
    ['a grant of nothing', 'POST', 'grants', { kind: 'top-up', credits: 0, reason: 'x' }, 'credits'],
    ['a grant below zero', 'POST', 'grants', { kind: 'top-up', credits: -5, reason: 'x' }, 'credits'],
    ['a grant of half a credit', 'POST', 'grants', { kind: 'top-up', credits: 0.5, reason: 'x' }, 'credits'],
    ['a grant beyond all measure', 'POST', 'grants', { kind: 'top-up', credits: 1e12, reason: 'x' }, 'credits'],
    ['a grant of the ledger’s own kind', 'POST', 'grants', { kind: 'pay-as-you-go', credits: 5, reason: 'x' }, 'kind'],
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
    ['overage that is not there', 'PUT', 'settings', { overage: 'always' }, 'overage'],
    ['auto overage without a plan', 'PUT', 'settings', { autoOverage: true }, 'overage'],
    ['a balance at no time', 'GET', 'balance?at=yesterday', undefined, 'at'],
    ['a balance below the first revision', 'GET', 'balance?atRevision=-1', undefined, 'atRevision'],
    ['a balance at no revision', 'GET', 'balance?atRevision=', undefined, 'atRevision'],
    ['a balance at a hexadecimal revision', 'GET', 'balance?atRevision=0x0', undefined, 'atRevision'],
    ['a balance at two revisions', 'GET', 'balance?atRevision=0&atRevision=1', undefined, 'atRevision'],
    ['a page in scientific notation', 'GET', 'history?limit=1e1', undefined, 'limit'],
    ['a balance twice', 'GET', 'balance?atRevision=0&at=2026-01-01T00:00:00Z', undefined, 'at'],
    ['a cursor of one’s own', 'GET', 'history?cursor=zzz', undefined, 'cursor'],
    ['a page too large', 'GET', 'history?limit=100000', undefined, 'limit'],
    ['a page of nothing', 'GET', 'history?limit=0', undefined, 'limit'],
    ['a kind that is none', 'GET', 'history?kind=theft', undefined, 'kind'],
    ['a group that is none', 'GET', 'usage?groupBy=mood', undefined, 'groupBy'],
    ['a job status that is none', 'GET', '/v1/jobs?status=lost', undefined, 'status'],
    ['jobs of nobody', 'GET', '/v1/jobs', undefined, 'organizationId'],
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

  test('ids in an address that no id can be are not found', async () => {
    const operator = caller(server, 'operator');
    for (const id of ['$all', 'a%2Fb', 'a%20b', '%00', LONG.slice(0, 400)])
      expect((await operator('GET', `/v1/jobs/${id}?organizationId=${organizationId}`)).status).toBe(404);
    for (const id of ['%24all', 'a%20b', 'nobody'])
      expect((await operator('GET', `/v1/organizations/${id}/balance`)).status).toBe(404);
  });
});

describe('events', () => {
  const event = (change: object = {}, data: unknown = { id: 'ev', organizationId: 'somebody' }) => ({
    specversion: '1.0',
    id: 'e-1',
    source: 'test',
    type: 'tallystick.job.completed',
    data,
    ...change,
  });
  const types = { 'content-type': 'application/cloudevents+json' };

  test.each<[string, object, string]>([
    ['an unknown type', event({ type: 'tallystick.job.exploded' }), 'type'],
    ['another version', event({ specversion: '0.3' }), 'specversion'],
    ['no source', event({ source: undefined }), 'source'],
    ['no job', event({}, { organizationId: 'x' }), 'data.id'],
    ['data as text', event({}, 'job'), 'data'],
    ['a far future', event({ time: '2099-01-01T00:00:00Z' }), 'time'],
    ['pages below zero', event({}, { id: 'a', organizationId: 'x', usage: { pages: -1 } }), 'data.usage.pages'],
  ])('%s', async (_, body, field) => {
    const answer = await caller(server, 'service')('POST', '/v1/events', body, types);
    expect(answer.status).toBe(422);
    expect(answer.body.errors[0].field).toBe(field);
  });

  test('one bad event of a batch refuses the call and is named by its place', async () => {
    const good = event({ type: 'tallystick.job.submitted' }, { ...job(), id: 'never-taken' });
    const batch = { 'content-type': 'application/cloudevents-batch+json' };
    const service = caller(server, 'service');
    const answer = await service('POST', '/v1/events', [good, event({ type: 'nothing' }), good], batch);
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ field: '[1].type' }] } });
    // What comes behind on the bus has been decided, and what was refused is still not there.
    const behind = event({ type: 'tallystick.job.failed' }, { id: 'behind', organizationId: 'nobody-at-all' });
    expect((await service('POST', '/v1/events', behind, types)).status).toBe(202);
    const letters = () => caller(server, 'operator')('GET', '/v1/ops/dead-letters');
    const seen = await eventually(letters, ({ body }) => body.data.length > 0);
    expect(seen.body.data).toMatchObject([
      { class: 'refused', key: 'nobody-at-all', reason: expect.stringContaining('unknown_organization') },
    ]);
    expect((await service('GET', `/v1/jobs/never-taken?organizationId=${organizationId}`)).status).toBe(404);
  });
});
