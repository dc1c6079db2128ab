import { request } from 'node:http';
import { balanceOf, caller, organizationWith } from '../support/callers';
import { useServer, withCatalog } from '../support/use-server';

const server = useServer(withCatalog('iteration-layer'));
let organizationId: string;
beforeAll(async () => {
  organizationId = await organizationWith(server, 1_000);
}, 60_000);

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
  // No request of these tests moves a credit.
  afterAll(async () => {
    expect(await balanceOf(server, organizationId)).toMatchObject({
      granted: 1_000,
      available: 1_000,
      revision: 1,
    });
  });

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
    ['an operation named like a member of Object', { operation: 'constructor' }, 'operation', 'unknown'],
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
    // The same job in a batch.
    const batch = await caller(server, 'service')('POST', '/v1/jobs/batch', {
      jobs: [{ ...job(), ...change }],
    });
    expect(batch).toMatchObject({ status: 200, body: { results: [{ status: 422, code: body.code }] } });
  });

  test('a job of last year is refused as stale', async () => {
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
    ['very deep nesting', `{"id":"a","x":${'['.repeat(30_000)}${']'.repeat(30_000)}}`, 'application/json', 422],
  ])('%s', async (_, body, contentType, status) => {
    const answer = await raw('/v1/jobs', body, contentType);
    expect(answer.status).toBe(status);
    expect(answer.type).toContain('application/problem+json');
    expect(answer.body).toMatchObject({ status, code: expect.any(String), detail: expect.any(String) });
  });

  test('a body that is too large is refused before it is read', async () => {
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
  ])('an invalid batch: %s', async (_, body) => {
    const answer = await caller(server, 'service')('POST', '/v1/jobs/batch', body);
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ field: 'jobs' }] } });
  });

  test('an invalid job in a batch does not affect the other jobs', async () => {
    const jobs = [null, 5, 'job', [], {}, { ...job(), usage: 1 }];
    const { results } = (await caller(server, 'service')('POST', '/v1/jobs/batch', { jobs })).body as {
      results: object[];
    };
    expect(results).toHaveLength(6);
    for (const result of results) expect(result).toMatchObject({ status: 422, code: 'invalid_input' });
  });
});
