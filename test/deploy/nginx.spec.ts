import { Agent, request, type RequestOptions } from 'node:https';
import { connect } from 'node:tls';
import { NO_OPENSSL, selfSigned } from '../support/certificate';
import { hasNginx, Nginx, NO_NGINX } from '../support/nginx';
import { removeDirectories, type Standalone, startStandalone } from '../support/server';

const NAME = 'tally.example.com';
const certificate = selfSigned(`DNS:${NAME}`);
const why = certificate === undefined ? NO_OPENSSL : hasNginx() ? undefined : NO_NGINX;

interface NginxResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

if (why !== undefined) test.skip(`skipped: ${why}`, () => undefined);
else
  describe('nginx with the shipped configuration', () => {
    let server: Standalone;
    let nginx: Nginx;
    beforeAll(async () => {
      const environment = { TALLY_ALLOWED_HOSTS: NAME, TALLY_TRUSTED_PROXIES: 'loopback' };
      server = await startStandalone(undefined, { environment });
      nginx = await Nginx.start(new URL(server.url).host, certificate!);
    }, 60_000);
    afterAll(async () => {
      agent.destroy();
      await nginx?.stop();
      await server?.process.stop();
      removeDirectories();
    });

    const agent = new Agent({ keepAlive: true, maxSockets: 32 });
    const secured = (): RequestOptions => ({
      host: '127.0.0.1',
      port: nginx.httpsPort,
      servername: NAME,
      ca: certificate!.certificate,
      agent,
    });
    const call = (
      path: string,
      { body, ...options }: RequestOptions & { body?: string } = {},
    ): Promise<NginxResponse> =>
      new Promise((resolve, reject) => {
        const headers = { host: NAME, ...(options.headers as object) };
        const asked = request({ ...secured(), path, ...options, headers }, (response) => {
          let text = '';
          response.setEncoding('utf8').on('data', (chunk) => (text += chunk));
          response.on('end', () => resolve({ status: response.statusCode!, headers: response.headers, text }));
        });
        asked.on('error', reject).end(body);
      });
    const post = (path: string, body: unknown, headers: object = {}, key = server.keys.service) =>
      call(path, {
        method: 'POST',
        body: typeof body === 'string' ? body : JSON.stringify(body),
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
      });

    test('A job is submitted and completed over TLS', async () => {
      const job = { id: 'over-tls', operation: 'document-extraction', usage: { pages: 3 } };
      const owner = { organizationId: server.organizationId, projectId: server.projectId };
      const submitted = await post('/v1/jobs', { ...job, ...owner });
      expect([submitted.status, JSON.parse(submitted.text)]).toEqual([202, expect.objectContaining({ credits: 3 })]);
      expect(submitted.headers['strict-transport-security']).toBe('max-age=31536000');
      const completed = await post('/v1/jobs/over-tls/complete', { organizationId: server.organizationId });
      expect([completed.status, JSON.parse(completed.text)]).toEqual([200, expect.objectContaining({ consumed: 3 })]);
    });

    test('A batch that exceeds the memory buffer of nginx arrives complete', async () => {
      const jobs = Array.from({ length: 1_000 }, (_, i) => ({
        id: `large-${i}`,
        organizationId: server.organizationId,
        operation: 'document-extraction',
        usage: { pages: 1 },
        metadata: { text: 'x'.repeat(1_000) },
      }));
      const { status, text } = await post('/v1/jobs/batch', { jobs });
      expect(status).toBe(200);
      expect((JSON.parse(text) as { results: unknown[] }).results).toHaveLength(1_000);
    });

    test.each(['/metrics', '/health/ready', '/internal/jobs/end', '/internal'])('%s is not public', async (path) => {
      expect((await call(path)).status).toBe(404);
      expect((await call(path, { method: 'POST' })).status).toBe(404);
    });

    test('Plain HTTP is redirected to TLS', async () => {
      const answer = await fetch(`http://127.0.0.1:${nginx.httpPort}/v1/jobs?limit=1`, {
        redirect: 'manual',
      });
      expect([answer.status, answer.headers.get('location')]).toEqual([308, `https://${NAME}/v1/jobs?limit=1`]);
    });

    test('A version of TLS before 1.2 is refused', async () => {
      const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1' } as const;
      const refused = new Promise((resolve, reject) => {
        const socket = connect({ ...secured(), ...old, ciphers: 'DEFAULT@SECLEVEL=0' } as never);
        socket.once('secureConnect', () => reject(new Error('It was accepted.'))).once('error', resolve);
      });
      expect(await refused).toMatchObject({ code: expect.stringMatching(/PROTOCOL_VERSION|ALERT/) });
    });

    test('A body beyond the limit of nginx is a problem', async () => {
      const { status, headers, text } = await post('/v1/jobs/batch', 'x'.repeat(9_000_000));
      expect([status, headers['content-type']]).toEqual([413, 'application/problem+json']);
      expect(JSON.parse(text)).toMatchObject({ code: 'body_too_large', status: 413 });
    });

    test('A forwarded address from the client is ignored', async () => {
      const flood = Array.from({ length: 400 }, (_, i) =>
        call('/v1/jobs', {
          headers: { authorization: `Bearer unknown-${i}`, 'x-forwarded-for': `198.51.100.${i % 200}` },
        }),
      );
      const statuses = new Set((await Promise.all(flood)).map(({ status }) => status));
      expect([...statuses].sort()).toEqual([401, 429]);
      expect(
        (await call('/v1/organizations', { headers: { authorization: `Bearer ${server.keys.operator}` } })).status,
      ).toBe(200);
    });

    test('While Tallystick is unavailable the response is a problem that names what to retry', async () => {
      await server.process.stop();
      const { status, headers, text } = await call('/v1/catalog');
      expect([status, headers['content-type'], headers['retry-after']]).toEqual([503, 'application/problem+json', '1']);
      expect(JSON.parse(text)).toMatchObject({ code: 'unknown_outcome', status: 503 });
    });
  });
