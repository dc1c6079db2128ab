import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ServiceProxy, type ForwardedRequest } from './service-proxy';

type Respond = (response: ServerResponse, request: IncomingMessage) => void;

let server: Server;
let answer: Respond;
let received: { target: string; method: string; headers: IncomingMessage['headers']; body: Buffer }[] = [];
const urlOf = (it: Server) => `http://127.0.0.1:${(it.address() as AddressInfo).port}`;
const ok: Respond = (response) => response.end('{}');

beforeAll(async () => {
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { url = '', method = '', headers } = request;
      received.push({ target: url, method, headers, body: Buffer.concat(chunks) });
      answer(response, request);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
beforeEach(() => {
  answer = ok;
  received = [];
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const request = (more: Partial<ForwardedRequest>): ForwardedRequest => ({
  method: 'GET',
  path: '/v1/x',
  headers: {},
  ...more,
});
const send = (more: Partial<ForwardedRequest>) => new ServiceProxy([urlOf(server)], 1_000).request(request(more));

describe('the address', () => {
  test.each([
    '/v1/a?b=c&b=d',
    '/v1/a/b%2Fc',
    '/v1/a%20b',
    "/v1/a'b(c)*!~;,:@&=+$",
    '//evil/v1/a',
    '/v1/a?x=%27&y=..%2F..',
  ])('%s is unchanged', async (path) => {
    await send({ path });
    expect(received.map(({ target }) => target)).toEqual([path]);
  });

  test.each([
    'http://evil/v1/a',
    '*',
    'evil:80',
    '@evil/v1/a',
    '/v1/../metrics',
    '/v1/%2e%2E/metrics',
    '/v1/.',
    '/v1/..\\metrics',
    '/v1\\a',
    '/v1/a#b',
    '/v1/ü',
    '/v1/a b',
    '/v1/\t',
    '',
  ])('"%s" would be another one: 404, and nothing is received', async (path) => {
    await expect(send({ path })).rejects.toMatchObject({ status: 404, code: 'not_found' });
    expect(received).toEqual([]);
  });

  test.each(['TRACE', 'CONNECT', 'TRACK', 'PROPFIND'])('%s is never sent: 405', async (method) => {
    await expect(send({ method })).rejects.toMatchObject({ status: 405 });
    expect(received).toEqual([]);
  });
});

test('headers of the caller’s connection are not forwarded, nor those in its Connection header', async () => {
  const headers = {
    host: 'evil',
    connection: 'Upgrade, Idempotency-Key',
    te: 'trailers',
    upgrade: 'websocket',
    trailer: 'x',
    'transfer-encoding': 'chunked',
    'content-length': '999',
    'keep-alive': 'timeout=5',
    'proxy-authorization': 'x',
    'idempotency-key': 'i',
    expect: '100-continue',
    cookie: 'a=b',
    authorization: 'Bearer k',
    'content-type': 'application/json',
  };
  await send({ method: 'POST', headers, body: Buffer.from('{}') });
  const [{ headers: kept = {} } = {}] = received;
  expect(kept).toMatchObject({ authorization: 'Bearer k', 'content-type': 'application/json', 'content-length': '2' });
  for (const name of [
    'te',
    'upgrade',
    'trailer',
    'transfer-encoding',
    'keep-alive',
    'proxy-authorization',
    'idempotency-key',
    'expect',
    'cookie',
  ])
    expect(kept).not.toHaveProperty(name);
  expect(kept['host']).not.toBe('evil');
});

test('the body is forwarded unchanged, with the headers that describe it', async () => {
  const body = Buffer.from([0x1f, 0x8b, 0xff, 0x00]);
  await send({ method: 'PUT', headers: { 'content-encoding': 'gzip' }, body });
  expect(received[0]!.body).toEqual(body);
  expect(received[0]!.headers['content-encoding']).toBe('gzip');
});

test('headers of the ledger’s connection are not returned', async () => {
  answer = (response) =>
    response
      .writeHead(405, {
        allow: 'GET',
        'retry-after': '3',
        'content-type': 'a/b',
        connection: 'close',
        trailer: 'x',
        'set-cookie': 'a=b',
        server: 's',
      })
      .end('text');
  const { status, headers, body } = await send({});
  expect([status, body.toString()]).toEqual([405, 'text']);
  expect(headers).toEqual({ allow: 'GET', 'retry-after': '3', 'content-type': 'a/b' });
});

test('HEAD returns the content length of GET', async () => {
  answer = (response) => response.writeHead(200, { 'content-length': '42' }).end();
  expect(await send({ method: 'HEAD' })).toMatchObject({ headers: { 'content-length': '42' } });
});

describe('two replicas', () => {
  let other: Server;
  let receivedByOther = 0;
  beforeEach(async () => {
    receivedByOther = 0;
    other = createServer((_, response) => {
      receivedByOther += 1;
      answer(response, _);
    });
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  });
  afterEach(() => {
    other.closeAllConnections();
    other.close();
  });
  const both = () => new ServiceProxy([urlOf(server), urlOf(other)], 1_000);
  /** Both are received in turn as long as neither counts as failed. */
  const expectBothInUse = async (proxy: ServiceProxy) => {
    answer = ok;
    [received, receivedByOther] = [[], 0];
    for (let i = 0; i < 4; i++) await proxy.request(request({}));
    expect([received.length, receivedByOther]).toEqual([2, 2]);
  };

  test.each<[string, Partial<ForwardedRequest>]>([
    ['an address that names another server', { path: 'http://x/v1/organizations' }],
    ['a method that cannot be sent', { method: 'TRACE' }],
  ])('%s does not count against one of them', async (_, bad) => {
    const proxy = both();
    for (let i = 0; i < 3; i++) await expect(proxy.request(request(bad))).rejects.toThrow();
    await expectBothInUse(proxy);
  });

  test('nor does a caller that disconnects, and its read is aborted', async () => {
    const proxy = both();
    const gone = new AbortController();
    const closed = new Promise<void>((resolve) => {
      answer = (response) => {
        response.once('close', resolve);
        gone.abort();
      };
    });
    await expect(proxy.request(request({ signal: gone.signal }))).rejects.toThrow();
    await closed;
    await expectBothInUse(proxy);
  });

  test('a write continues without its caller', async () => {
    const gone = new AbortController();
    answer = (response) => {
      gone.abort();
      response.end('done');
    };
    const { body } = await both().request(request({ method: 'POST', body: Buffer.from('{}'), signal: gone.signal }));
    expect(body.toString()).toBe('done');
  });
});
