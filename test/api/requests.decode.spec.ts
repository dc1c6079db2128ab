import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { organizationWith } from '../support/callers';
import { sendRaw } from '../support/raw-http';
import { useServer, withCatalog } from '../support/use-server';

const server = useServer(withCatalog('leapocr'));
let organizationId: string;
beforeAll(async () => {
  organizationId = await organizationWith(server, 10_000);
}, 60_000);

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
/** A route of intake, a route that takes a batch, and a route that intake forwards to the ledger. */
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

describe.each(ROUTES)('the body of %s', (_, path, content, accepted) => {
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
  ])('content-encoding "%s" is refused, and the response names the accepted encoding', async (encoding, encoded) => {
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
    ['with trailing text', (zipped) => Buffer.concat([zipped, Buffer.from('more')])],
    ['that is not gzip', () => Buffer.from('{}')],
  ])('gzip %s is refused', async (__, spoil) => {
    const answer = await post(path(), spoil(gzipSync(text())), { 'content-encoding': 'gzip' });
    expect([answer.status, answer.body.code]).toEqual([400, 'invalid_request']);
    expect(answer.body.detail).toContain('gzip');
  });

  test('a small compressed body that is large when decompressed is refused', async () => {
    const bomb = gzipSync(Buffer.alloc(50_000_000, 32));
    const answer = await post(path(), bomb, { 'content-encoding': 'gzip' });
    expect(answer).toMatchObject({ status: 413, body: { code: 'body_too_large' } });
  });

  test.each(['utf-8', 'UTF-8', 'utf8', '"utf-8"', 'us-ascii'])('charset=%s is accepted', async (charset) => {
    const answer = await post(path(), text(), { 'content-type': `application/json; charset=${charset}` });
    expect(answer.status).toBe(accepted);
  });

  test.each(['iso-8859-1', 'ISO-8859-1', '"latin1"', 'utf-16', 'windows-1252'])(
    'charset=%s is refused',
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
  ])('invalid UTF-8 is refused: %s', async (__, bytes) => {
    const body = Buffer.concat([Buffer.from('{"id":"'), Buffer.from(bytes), Buffer.from('"}')]);
    const answer = await post(path(), body);
    expect([answer.status, answer.body.code]).toEqual([400, 'invalid_json']);
    expect(answer.body.detail).toContain('UTF-8');
  });

  test('a byte order mark is ignored', async () => {
    const answer = await post(path(), Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(text())]));
    expect(answer.status).toBe(accepted);
  });

  test('33 levels of nesting are refused, also inside metadata', async () => {
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

  test('accepts a compressed body', async () => {
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

describe('the size limit of a body', () => {
  const filled = (bytes: number) => JSON.stringify({ id: 'a', x: 'x'.repeat(bytes - 17) });

  test('is 64 KiB for routes that take one item', async () => {
    for (const path of ['/v1/jobs', '/v1/jobs/j/complete', `/v1/organizations/${organizationId}/grants`]) {
      expect((await post(path, filled(65_536))).status).not.toBe(413);
      const answer = await post(path, filled(65_537));
      expect(answer).toMatchObject({ status: 413, body: { code: 'body_too_large' } });
      expect(answer.body.detail).toContain('65536 bytes');
    }
  });

  test('is 8 MiB for routes that take several items', async () => {
    for (const path of ['/v1/jobs/batch', '/v1/jobs/outcomes', '/v1/events', '/v1/preview']) {
      expect((await post(path, filled(70_000))).status).not.toBe(413);
      expect((await post(path, filled(8_388_609))).status).toBe(413);
    }
  });

  test('holds for a body without a Content-Length', async () => {
    const chunk = `10000\r\n${' '.repeat(65_536)}\r\n`;
    const head = `POST /v1/jobs HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\nauthorization: Bearer ${server.keys.operator}\r\ntransfer-encoding: chunked\r\n\r\n`;
    expect((await sendRaw(server.url, head, chunk, chunk, '0\r\n\r\n')).status).toBe(413);
    expect((await sendRaw(server.url, head, '2\r\n{}\r\n', '0\r\n\r\n')).status).toBe(422);
  });
});
