import { gzipSync, deflateSync, brotliCompressSync } from 'node:zlib';
import { caller, organizationWith } from '../support/callers';
import { sendRaw } from '../support/raw-http';
import { call, removeDirectories, startStandalone, type Standalone } from '../support/server';

let server: Standalone;
let organizationId: string;
beforeAll(async () => {
  server = await startStandalone(undefined, { flags: ['--catalog', 'catalogs/leapocr.yaml'] });
  organizationId = await organizationWith(server, 10_000);
}, 60_000);
afterAll(async () => {
  expect(await server.process.stop()).toBe(0);
  removeDirectories();
});

let made = 0;
const job = (more: object = {}): object => ({
  id: `job-${(made += 1)}`,
  organizationId,
  operation: 'standard-v2',
  usage: { pages: 1 },
  ...more,
});
const JSON_TYPE = { 'content-type': 'application/json' };

async function post(
  path: string,
  body: string | Uint8Array,
  headers: Readonly<Record<string, string>> = {},
  key = server.keys.operator,
) {
  const all = { ...JSON_TYPE, ...(key !== '' && { authorization: `Bearer ${key}` }), ...headers };
  const response = await fetch(server.url + path, { method: 'POST', headers: all, body });
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as { code?: string; detail?: string },
  };
}

describe('an address that names another server, or another route than it seems to', () => {
  const get = (target: string, more = '') =>
    `GET ${target} HTTP/1.1\r\nhost: localhost\r\n${more}connection: close\r\n\r\n`;
  const withKey = () => `authorization: Bearer ${server.keys.operator}\r\n`;

  test.each([
    ['absolute form', 'http://x/v1/organizations', 400],
    ['absolute form of this server', 'http://127.0.0.1/v1/jobs', 400],
    ['absolute form with TLS', 'https://x:443/v1/organizations', 400],
    ['authority form', 'x:443', 400],
    ['asterisk form', '*', 400],
    ['a fragment', '/v1/organizations#x', 400],
    ['two slashes', '//evil/v1/organizations', 404],
    ['a dot segment', '/v1/../metrics', 404],
    ['an encoded dot segment', '/v1/%2e%2e/metrics', 404],
    ['an encoded dot segment to the internal routes', '/v1/%2E./internal/jobs/get', 404],
    ['an encoded slash', '/v1/..%2fmetrics', 404],
    ['backslashes', '/v1/..\\..\\metrics', 404],
    ['a backslash', '/v1\\organizations', 404],
    ['a dot segment at the end', '/v1/organizations/..', 404],
    ['a broken escape', '/v1/organizations/%zz', 400],
  ])('%s: %s → %i', async (_, target, status) => {
    for (const more of ['', withKey()]) {
      const answer = await sendRaw(server.url, get(target, more));
      // (behind intake an unknown address is told only to those with a key)
      expect([status, ...(more === '' ? [401] : [])]).toContain(answer.status);
      expect(answer.headers['content-type']).toContain('application/problem+json');
    }
    expect((await caller(server, 'operator')('GET', '/v1/organizations')).status).toBe(200);
  });

  test.each([
    ['OPTIONS *', 'OPTIONS * HTTP/1.1\r\nhost: localhost\r\n\r\n', 400],
    ['a tunnel', 'CONNECT x:443 HTTP/1.1\r\nhost: x\r\n\r\n', 400],
    ['a method of its own', 'FOO /v1/jobs HTTP/1.1\r\nhost: localhost\r\n\r\n', 400],
    ['headers of 20 kB', get('/v1/jobs', `x-long: ${'x'.repeat(20_000)}\r\n`), 431],
  ])('%s', async (_, text, status) => {
    const answer = await sendRaw(server.url, text);
    expect([answer.status, JSON.parse(answer.body).status]).toEqual([status, status]);
    expect(answer.headers['content-type']).toContain('application/problem+json');
  });

  test.each(['TRACE', 'PROPFIND'])('%s is no method of any address', async (method) => {
    const text = `${method} /v1/organizations HTTP/1.1\r\nhost: localhost\r\n${withKey()}\r\n`;
    expect((await sendRaw(server.url, text)).status).toBe(405);
    expect((await caller(server, 'operator')('GET', '/v1/organizations')).status).toBe(200);
  });

  test('the query is kept', async () => {
    const answer = await caller(server, 'operator')('GET', "/v1/organizations?limit=1&cursor=%27'%2F");
    expect(answer.status).not.toBe(503);
    expect((await caller(server, 'operator')('GET', '/v1/organizations?limit=1')).body.data).toHaveLength(1);
  });

  test('HEAD is GET without the body', async () => {
    const url = `${server.url}/v1/organizations/${organizationId}/projects`;
    const headers = { authorization: `Bearer ${server.keys.operator}` };
    const [head, got] = await Promise.all(['HEAD', 'GET'].map((method) => fetch(url, { method, headers })));
    const names = ['content-type', 'content-length'];
    expect([head!.status, ...names.map((name) => head!.headers.get(name))]).toEqual([
      200,
      ...names.map((name) => got!.headers.get(name)),
    ]);
  });
});

/** A route of intake, one that intake hands on to the ledger, and one that takes a batch. */
const ROUTES: readonly [string, () => string, () => unknown, number][] = [
  ['a job', () => '/v1/jobs', () => job(), 202],
  ['a batch', () => '/v1/jobs/batch', () => ({ jobs: [job()] }), 200],
  [
    'a grant',
    () => `/v1/organizations/${organizationId}/grants`,
    () => ({ grantId: `g${(made += 1)}`, kind: 'top-up', credits: 1, reason: 'test' }),
    201,
  ],
];

describe.each(ROUTES)('the form of the body of %s', (_, path, content, accepted) => {
  const text = () => JSON.stringify(content());

  test.each(['gzip', 'GZIP', 'x-gzip', 'identity', ''])('content-encoding "%s" is accepted', async (encoding) => {
    const isZipped = /gzip/i.test(encoding);
    const answer = await post(path(), isZipped ? gzipSync(text()) : text(), {
      'content-encoding': encoding,
    });
    expect(answer).toMatchObject({ status: accepted });
  });

  test.each<[string, (text: string) => Uint8Array]>([
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
    ['zstd', Buffer.from],
    ['gzip, gzip', (it) => gzipSync(gzipSync(it))],
    ['gzip, identity', gzipSync],
  ])('content-encoding "%s" is not, and the answer says what is', async (encoding, encoded) => {
    const answer = await post(path(), encoded(text()), { 'content-encoding': encoding });
    expect(answer).toMatchObject({ status: 415, body: { code: 'unsupported_media_type' } });
    expect(answer.headers.get('accept-encoding')).toBe('gzip');
    expect(answer.body.detail).toContain('gzip');
  });

  test.each<[string, (zipped: Buffer) => Uint8Array]>([
    ['cut short', (zipped) => zipped.subarray(0, -5)],
    [
      'with a wrong checksum',
      (zipped) => Buffer.concat([zipped.subarray(0, -8), Buffer.alloc(4, 1), zipped.subarray(-4)]),
    ],
    ['with text behind it', (zipped) => Buffer.concat([zipped, Buffer.from('more')])],
    ['that is none', () => Buffer.from('{}')],
  ])('gzip %s is refused', async (__, spoil) => {
    const answer = await post(path(), spoil(gzipSync(text())), { 'content-encoding': 'gzip' });
    expect([answer.status, answer.body.code]).toEqual([400, 'invalid_request']);
    expect(answer.body.detail).toContain('gzip');
  });

  test('what is small only while it is compressed is too large', async () => {
    const bomb = gzipSync(Buffer.alloc(50_000_000, 32));
    const answer = await post(path(), bomb, { 'content-encoding': 'gzip' });
    expect(answer).toMatchObject({ status: 413, body: { code: 'body_too_large' } });
  });

  test.each(['utf-8', 'UTF-8', 'utf8', '"utf-8"', 'us-ascii'])('charset=%s is accepted', async (charset) => {
    const answer = await post(path(), text(), { 'content-type': `application/json; charset=${charset}` });
    expect(answer.status).toBe(accepted);
  });

  test.each(['iso-8859-1', 'ISO-8859-1', '"latin1"', 'utf-16', 'windows-1252'])(
    'charset=%s is not',
    async (charset) => {
      const answer = await post(path(), text(), { 'content-type': `application/json;charset=${charset}` });
      expect(answer).toMatchObject({ status: 415, body: { code: 'unsupported_media_type' } });
      expect(answer.body.detail).toContain('UTF-8');
    },
  );

  test.each([
    ['a byte that never occurs', [0xff]],
    ['half a character', [0xc3]],
    ['a surrogate', [0xed, 0xa0, 0x80]],
    ['an overlong slash', [0xc0, 0xaf]],
  ])('bytes that are not UTF-8 are refused, not replaced: %s', async (__, bytes) => {
    const body = Buffer.concat([Buffer.from('{"id":"'), Buffer.from(bytes), Buffer.from('"}')]);
    const answer = await post(path(), body);
    expect([answer.status, answer.body.code]).toEqual([400, 'invalid_json']);
    expect(answer.body.detail).toContain('UTF-8');
  });

  test('a byte order mark is ignored', async () => {
    const answer = await post(path(), Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(text())]));
    expect(answer.status).toBe(accepted);
  });

  test('33 levels of nesting are too many, wherever they are', async () => {
    const nested = (levels: number) => ({
      x: JSON.parse('['.repeat(levels) + ']'.repeat(levels)) as unknown,
    });
    const deep = await post(path(), JSON.stringify(nested(32)));
    expect(deep).toMatchObject({ status: 422, body: { errors: [{ field: '', rule: 'depth' }] } });
    expect(JSON.stringify((await post(path(), JSON.stringify(nested(31)))).body)).not.toContain('depth');
    const inText = JSON.stringify({ ...(content() as object), reason: `"${'['.repeat(40)}` });
    expect(JSON.stringify((await post(path(), inText)).body)).not.toContain('depth');
  });
});

describe('CloudEvents in binary mode', () => {
  const event = () => ({
    'ce-specversion': '1.0',
    'ce-id': `e${(made += 1)}`,
    'ce-source': 'test',
    'ce-type': 'tallystick.job.submitted',
  });

  test('may be compressed', async () => {
    const headers = { ...event(), 'content-encoding': 'gzip' };
    expect(await post('/v1/events', gzipSync(JSON.stringify(job())), headers)).toMatchObject({ status: 202 });
  });

  test.each([
    ['another charset', 415, { 'content-type': 'application/json; charset=latin1' }, '{}'],
    ['another encoding', 415, { 'content-encoding': 'deflate' }, deflateSync('{}')],
    ['no UTF-8', 400, {}, Buffer.from([0x22, 0xff, 0x22])],
  ])('%s → %i', async (_, status, headers, body) => {
    expect((await post('/v1/events', body, { ...event(), ...headers })).status).toBe(status);
  });
});

describe('the size of a body', () => {
  const filled = (bytes: number) => JSON.stringify({ id: 'a', x: 'x'.repeat(bytes - 17) });

  test('64 KiB where one thing is accepted', async () => {
    for (const path of ['/v1/jobs', '/v1/jobs/j/complete', `/v1/organizations/${organizationId}/grants`]) {
      expect((await post(path, filled(65_536))).status).not.toBe(413);
      const answer = await post(path, filled(65_537));
      expect(answer).toMatchObject({ status: 413, body: { code: 'body_too_large' } });
      expect(answer.body.detail).toContain('65536 bytes');
    }
  });

  test('8 MiB where several are', async () => {
    for (const path of ['/v1/jobs/batch', '/v1/jobs/outcomes', '/v1/events', '/v1/preview']) {
      expect((await post(path, filled(70_000))).status).not.toBe(413);
      expect((await post(path, filled(8_388_609))).status).toBe(413);
    }
  });

  test('one that does not say how large it is', async () => {
    const chunk = `10000\r\n${' '.repeat(65_536)}\r\n`;
    const head = `POST /v1/jobs HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\nauthorization: Bearer ${server.keys.operator}\r\ntransfer-encoding: chunked\r\n\r\n`;
    expect((await sendRaw(server.url, head, chunk, chunk, '0\r\n\r\n')).status).toBe(413);
    expect((await sendRaw(server.url, head, '2\r\n{}\r\n', '0\r\n\r\n')).status).toBe(422);
  });
});

describe('the key comes before the body', () => {
  const announcing = (path: string, key: string, bytes: number) =>
    `POST ${path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${key}\r\ncontent-type: application/json\r\nexpect: 100-continue\r\ncontent-length: ${bytes}\r\n\r\n`;
  const grants = () => `/v1/organizations/${organizationId}/grants`;

  test('who has none is answered before a body comes, and is not asked for it', async () => {
    for (const path of ['/v1/jobs', '/v1/jobs/batch', '/v1/events', grants()])
      for (const key of ['', 'wrong']) {
        const answer = await sendRaw(server.url, announcing(path, key, 1_000));
        expect([answer.status, JSON.parse(answer.body).code]).toEqual([401, 'unauthorized']);
      }
  });

  test('who may not call the route neither', async () => {
    const answer = await sendRaw(server.url, announcing('/v1/jobs/outcomes', server.keys.project, 1_000));
    expect(answer.status).toBe(403);
  });

  test('nor is one whose body would be too large', async () => {
    const answer = await sendRaw(server.url, announcing('/v1/jobs', server.keys.operator, 65_537));
    expect(answer.status).toBe(413);
  });

  test('all others are', async () => {
    for (const path of ['/v1/jobs', grants()])
      expect((await sendRaw(server.url, announcing(path, server.keys.operator, 1_000))).status).toBe(100);
  });

  test('who sends all of a large body gets the answer too', async () => {
    const body = Buffer.alloc(8_000_000, 32);
    for (const connection of ['keep-alive', 'close'])
      for (const key of ['', 'wrong']) {
        const head = `POST /v1/jobs/batch HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${key}\r\nconnection: ${connection}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`;
        expect((await sendRaw(server.url, head, body)).status).toBe(401);
      }
    expect((await call(`${server.url}/health/live`)).status).toBe(200);
  });

  test('nothing of the body is looked at', async () => {
    for (const [body, headers] of [
      ['{"id":', {}],
      ['{}', { 'content-encoding': 'br' }],
      ['{}', { 'content-type': 'text/plain' }],
      ['['.repeat(50), {}],
    ] as const)
      expect((await post('/v1/jobs', body, headers, '')).status).toBe(401);
  });
});
