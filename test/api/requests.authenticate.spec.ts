import { organizationWith } from '../support/callers';
import { sendRaw } from '../support/raw-http';
import { call } from '../support/server';
import { useServer, withCatalog } from '../support/use-server';

const server = useServer(withCatalog('leapocr'));
let organizationId: string;
beforeAll(async () => {
  organizationId = await organizationWith(server, 10_000);
}, 60_000);

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

describe('the key is checked before the body:', () => {
  const announcing = (path: string, key: string, bytes: number) =>
    `POST ${path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${key}\r\ncontent-type: application/json\r\nexpect: 100-continue\r\ncontent-length: ${bytes}\r\n\r\n`;
  const grants = () => `/v1/organizations/${organizationId}/grants`;

  test('a request without a valid key gets 401 and no 100 Continue', async () => {
    for (const path of ['/v1/jobs', '/v1/jobs/batch', '/v1/events', grants()])
      for (const key of ['', 'wrong']) {
        const answer = await sendRaw(server.url, announcing(path, key, 1_000));
        expect([answer.status, JSON.parse(answer.body).code]).toEqual([401, 'unauthorized']);
      }
  });

  test('a request with the wrong role gets 403 and no 100 Continue', async () => {
    const answer = await sendRaw(server.url, announcing('/v1/jobs/outcomes', server.keys.project, 1_000));
    expect(answer.status).toBe(403);
  });

  test('a request that announces a body that is too large gets 413', async () => {
    const answer = await sendRaw(server.url, announcing('/v1/jobs', server.keys.operator, 65_537));
    expect(answer.status).toBe(413);
  });

  test('any other request gets 100 Continue', async () => {
    for (const path of ['/v1/jobs', grants()])
      expect((await sendRaw(server.url, announcing(path, server.keys.operator, 1_000))).status).toBe(100);
  });

  test('a caller that sends a large body anyway gets the 401', async () => {
    const body = Buffer.alloc(8_000_000, 32);
    for (const connection of ['keep-alive', 'close'])
      for (const key of ['', 'wrong']) {
        const head = `POST /v1/jobs/batch HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${key}\r\nconnection: ${connection}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`;
        expect((await sendRaw(server.url, head, body)).status).toBe(401);
      }
    expect((await call(`${server.url}/health/live`)).status).toBe(200);
  });

  test('the body is not parsed', async () => {
    for (const [body, headers] of [
      ['{"id":', {}],
      ['{}', { 'content-encoding': 'br' }],
      ['{}', { 'content-type': 'text/plain' }],
      ['['.repeat(50), {}],
    ] as const)
      expect((await post('/v1/jobs', body, headers, '')).status).toBe(401);
  });
});
