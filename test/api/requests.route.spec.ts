import { caller, organizationWith } from '../support/callers';
import { sendRaw } from '../support/raw-http';
import { useServer, withCatalog } from '../support/use-server';

const server = useServer(withCatalog('leapocr'));
let organizationId: string;
beforeAll(async () => {
  organizationId = await organizationWith(server, 10_000);
}, 60_000);

describe('an unusual request target:', () => {
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
      // In the distributed form a caller without a valid key gets 401 for an unknown path.
      expect([status, ...(more === '' ? [401] : [])]).toContain(answer.status);
      expect(answer.headers['content-type']).toContain('application/problem+json');
    }
    expect((await caller(server, 'operator')('GET', '/v1/organizations')).status).toBe(200);
  });

  test.each([
    ['OPTIONS *', 'OPTIONS * HTTP/1.1\r\nhost: localhost\r\n\r\n', 400],
    ['a tunnel', 'CONNECT x:443 HTTP/1.1\r\nhost: x\r\n\r\n', 400],
    ['an unknown method', 'FOO /v1/jobs HTTP/1.1\r\nhost: localhost\r\n\r\n', 400],
    ['headers of 20 kB', get('/v1/jobs', `x-long: ${'x'.repeat(20_000)}\r\n`), 431],
  ])('%s', async (_, text, status) => {
    const answer = await sendRaw(server.url, text);
    expect([answer.status, JSON.parse(answer.body).status]).toEqual([status, status]);
    expect(answer.headers['content-type']).toContain('application/problem+json');
  });

  test.each(['TRACE', 'PROPFIND'])('%s is not allowed for any path', async (method) => {
    const text = `${method} /v1/organizations HTTP/1.1\r\nhost: localhost\r\n${withKey()}\r\n`;
    expect((await sendRaw(server.url, text)).status).toBe(405);
    expect((await caller(server, 'operator')('GET', '/v1/organizations')).status).toBe(200);
  });

  test('the query string is passed on', async () => {
    const answer = await caller(server, 'operator')('GET', "/v1/organizations?limit=1&cursor=%27'%2F");
    expect(answer.status).not.toBe(503);
    expect((await caller(server, 'operator')('GET', '/v1/organizations?limit=1')).body.data).toHaveLength(1);
  });

  test('HEAD returns the headers of GET', async () => {
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
