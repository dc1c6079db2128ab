import { once } from 'node:events';
import { connect } from 'node:net';
import { KEY_CALLS, LEDGER_CALLS } from '@tallystick/contracts/ledger';
import { caller, organizationWith } from '../support/callers';
import { call } from '../support/server';
import { useServer } from '../support/use-server';

jest.setTimeout(90_000);

const server = useServer({
  environment: { TALLY_UNKNOWN_KEYS_PER_MINUTE: '60', TALLY_UNKNOWN_KEYS_BURST: '20' },
});

/** The status line of the response to bytes that no HTTP client would send. */
async function statusOf(request: string): Promise<number> {
  const { hostname, port } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  socket.write(request);
  let answer = '';
  socket.on('data', (chunk: Buffer) => {
    answer += chunk.toString();
    socket.destroy();
  });
  await once(socket, 'close');
  return Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1]);
}

describe('/internal is not reachable for callers:', () => {
  const ending = { argument: [{ organizationId: 'demo', jobId: 'x', outcome: null }] };
  const addresses = [
    ...Object.values({ ...LEDGER_CALLS, ...KEY_CALLS }).map(({ path }) => path),
    '/internal',
    '/internal/',
    '/internal/nothing',
    '/%69nternal/jobs/end',
    '/v1/%2e%2e/internal/jobs/end',
  ];

  test.each(addresses)('%s', async (path) => {
    const organization = await organizationWith(server, 5);
    for (const key of [undefined, 'wrong', server.keys.service, server.keys.operator]) {
      const answer = await call(server.url + path, { key, body: ending });
      // Below /v1 a caller without a valid key gets 401 for any path.
      expect([404, ...(path.startsWith('/v1') ? [401] : [])]).toContain(answer.status);
    }
    for (const method of ['GET', 'PUT', 'OPTIONS'])
      expect((await call(server.url + path, { method, key: server.keys.service })).status).toBe(404);
    expect(
      await call(server.url + path, {
        method: 'POST',
        headers: { 'content-type': 'text/plain' },
        key: server.keys.service,
      }),
    ).toMatchObject({ status: 404, body: { code: 'not_found' } });
    const balance = await caller(server, 'operator')('GET', `/v1/organizations/${organization}/balance`);
    expect([balance.status, balance.body.available]).toEqual([200, 5]);
  });

  test('a key with the role internal cannot be created', async () => {
    const made = await caller(server, 'operator')('POST', '/v1/ops/keys', { role: 'internal' });
    expect(made).toMatchObject({ status: 422, body: { errors: [{ field: 'role' }] } });
  });
});

describe('unknown keys', () => {
  const flood = (count: number) =>
    Array.from({ length: count }, (_, i) => call(`${server.url}/v1/catalog`, { key: `wrong-${i}` }));

  test('are limited and get Retry-After; known keys are not affected, cached or new', async () => {
    const answers = await Promise.all(flood(200));
    const refused = answers.filter(({ status }) => status === 429);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([401, 429]));
    expect(refused.length).toBeGreaterThan(100);
    for (const { headers, body } of refused) {
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
      expect(body).toMatchObject({ code: 'rate_limited', retryAfter: expect.any(Number) });
    }

    const more = Promise.all(flood(200));
    const made = await caller(server, 'operator')('POST', '/v1/ops/keys', { role: 'service' });
    for (const key of [made.body.key, server.keys.service, server.keys.project])
      expect((await call(`${server.url}/v1/catalog`, { key })).status).toBe(200);
    await more;
  });
});

describe('the Host header', () => {
  const target = '/health/live';
  test.each([
    ['of this machine', `GET ${target} HTTP/1.1\r\nHost: localhost\r\n`, 200],
    ['in capitals, with a dot and a port', `GET ${target} HTTP/1.1\r\nHost: LOCALHOST.:1\r\n`, 200],
    ['by IPv6', `GET ${target} HTTP/1.1\r\nHost: [::1]:4400\r\n`, 200],
    ['of the web', `GET ${target} HTTP/1.1\r\nHost: evil.example\r\n`, 421],
    ['twice', `GET ${target} HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n`, 421],
    ['twice, the other way', `GET ${target} HTTP/1.1\r\nHost: evil.example\r\nHost: localhost\r\n`, 421],
    ['that is missing in HTTP/1.0', `GET ${target} HTTP/1.0\r\n`, 421],
    ['that is empty', `GET ${target} HTTP/1.1\r\nHost:\r\n`, 421],
    ['that is forwarded', `GET ${target} HTTP/1.1\r\nHost: evil.example\r\nX-Forwarded-Host: localhost\r\n`, 421],
  ])('%s', async (_, head, status) => {
    expect(await statusOf(`${head}Connection: close\r\n\r\n`)).toBe(status);
  });

  test('is not replaced by the host in the request target', async () => {
    const head = `GET http://evil.example${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`;
    expect(await statusOf(head)).toBeGreaterThanOrEqual(400);
  });
});

test('responses are not cached', async () => {
  for (const path of ['/v1/catalog', '/v1/organizations/demo/balance', '/v1/jobs/none', '/nothing'])
    expect((await caller(server, 'organization')('GET', path)).headers.get('cache-control')).toBe('no-store');
});
