import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hashOfKey, Problem } from '@tallystick/contracts/http';
import { KEY_CALLS, LEDGER_CALLS } from '@tallystick/contracts/ledger';
import { HttpCalls } from './http-calls';
import { RemoteKeys } from './remote-keys';
import { rpcClient } from './rpc-client';
import { AnswerLost, ServiceProxy } from './service-proxy';

type FakeAnswer = (response: ServerResponse, received: RpcRequest) => void;
interface RpcRequest {
  readonly path: string | undefined;
  readonly key: string | undefined;
  readonly argument: unknown;
}

const SUBMISSION = { organizationId: 'acme', projectId: 'shop', jobId: 'j1', operation: 'op' };
const RESERVED = { kind: 'reserved', credits: 3, draws: [], revision: 7, repeated: false };

let server: Server;
let answers: FakeAnswer[] = [];
let received: RpcRequest[] = [];

beforeAll(async () => {
  server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  received = [];
});

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const { argument } = JSON.parse(Buffer.concat(chunks).toString()) as { argument: unknown };
  received.push({ path: request.url, key: request.headers.authorization, argument });
  answers[Math.min(received.length, answers.length) - 1]!(response, received.at(-1)!);
}

const reply =
  (status: number, body: unknown): FakeAnswer =>
  (response) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
const ok = (result: unknown): FakeAnswer => reply(200, { result });
const cut: FakeAnswer = (response) => response.socket!.destroy();
const cutShort: FakeAnswer = (response) => {
  response.writeHead(200, { 'content-length': '100' }).write('{"res');
  setTimeout(() => response.socket!.destroy(), 20);
};
const silence: FakeAnswer = () => undefined;

const address = () => ({
  urls: [`http://127.0.0.1:${(server.address() as AddressInfo).port}`],
  key: 'a-service-key',
  timeoutMilliseconds: 10_000,
  mostWaiting: 10,
});
/** An address at which nothing listens. */
const unusedAddress = async () => {
  const free = createServer();
  await new Promise<void>((resolve) => free.listen(0, '127.0.0.1', resolve));
  const { port } = free.address() as AddressInfo;
  await new Promise((resolve) => free.close(resolve));
  return `http://127.0.0.1:${port}`;
};
const ledger = (more: object = {}) => rpcClient(LEDGER_CALLS, new HttpCalls({ ...address(), ...more }));
const submit = (...given: FakeAnswer[]) => {
  answers = given;
  return ledger(given.includes(silence) ? { timeoutMilliseconds: 400 } : {}).submit([SUBMISSION]);
};
const problemOf = async (asking: Promise<unknown>): Promise<Problem> => {
  const error: unknown = await asking.catch((it: unknown) => it);
  expect(error).toBeInstanceOf(Problem);
  return error as Problem;
};

test('a call sends its whole argument, with the internal key', async () => {
  expect(await submit(ok([RESERVED]))).toEqual([RESERVED]);
  expect(received).toEqual([{ path: LEDGER_CALLS.submit.path, key: 'Bearer a-service-key', argument: [SUBMISSION] }]);
});

test('a result of null is undefined', async () => {
  answers = [ok(null)];
  expect(await ledger().job({ organizationId: 'acme', jobId: 'j1' })).toBeUndefined();
});

test('only hashes of keys are sent, in one request', async () => {
  const holder = { keyId: 'k1', role: 'service' };
  answers = [ok([null, holder])];
  const hashes = [await hashOfKey('another-one'), await hashOfKey('the-secret-itself')];
  expect(await new RemoteKeys(new HttpCalls(address())).find(hashes)).toEqual([undefined, holder]);
  expect(received).toMatchObject([{ path: KEY_CALLS.find.path, argument: hashes }]);
});

test('of a job only its ids are sent', async () => {
  answers = [ok(null)];
  await ledger().job({ ...SUBMISSION, actor: 'k1' });
  expect(received).toMatchObject([{ argument: { organizationId: 'acme', jobId: 'j1' } }]);
  expect(Object.keys(received[0]!.argument as object)).toEqual(['organizationId', 'jobId']);
});

test('a problem of the ledger keeps its members, and one that asks the caller to wait is not repeated', async () => {
  const query = { organizationId: 'acme', limit: 10 };
  const members = { errors: [{ field: 'cursor', rule: 'cursor', message: 'Leave it out.' }], revision: 3 };
  const common = { type: '/docs/problems#x', title: 'X', correlationId: 'c' };
  for (const [status, code] of [
    [409, 'revision_not_reached'],
    [503, 'view_behind'],
  ] as const) {
    received.length = 0;
    answers = [reply(status, { ...common, status, code, detail: 'Wait.', ...members })];
    const problem = await problemOf(ledger().jobs(query));
    expect(problem).toMatchObject({ status, code, detail: 'Wait.' });
    expect(problem.members).toEqual(members);
    expect(received).toHaveLength(1);
  }
});

test('an address that is not the internal listener is named', async () => {
  const problem = await problemOf(submit(reply(404, { code: 'not_found' })));
  expect(problem).toMatchObject({ status: 503, code: 'unavailable' });
  expect(problem.detail).toContain('TALLY_LEDGER_URL does not lead to its TALLY_INTERNAL_LISTEN');
  expect(received).toHaveLength(1);
});

describe('a failure that may pass is repeated', () => {
  test.each([
    ['503', reply(503, {})],
    ['500', reply(500, {})],
    ['a cut connection', cut],
    ['an answer cut short', cutShort],
  ])('%s', async (_, fault) => {
    expect(await submit(fault, fault, ok([RESERVED]))).toEqual([RESERVED]);
    expect(received).toHaveLength(3);
    expect(new Set(received.map(({ argument }) => JSON.stringify(argument))).size).toBe(1);
  });

  test('after three attempts the caller gets a 503', async () => {
    const problem = await problemOf(submit(reply(503, {})));
    expect(problem).toMatchObject({ status: 503, code: 'unknown_outcome', members: { retryAfter: 2 } });
    expect(problem.detail).toContain('it answered 503');
    expect(received).toHaveLength(3);
  });

  test('a call without an answer is not repeated after its time-out', async () => {
    expect(await problemOf(submit(silence))).toMatchObject({ status: 503, code: 'unknown_outcome' });
    expect(received).toHaveLength(1);
  });

  test('no process at the address', async () => {
    const problem = await problemOf(ledger({ urls: [await unusedAddress()] }).submit([SUBMISSION]));
    expect(problem).toMatchObject({ status: 503, code: 'unavailable' });
  });
});

describe('whether a submission may have had its effect', () => {
  const certain = reply(503, { code: 'unavailable', detail: 'Nothing.' });
  test.each<[string, FakeAnswer[], string]>([
    ['the ledger reports that nothing was moved', [certain], 'unavailable'],
    ['the ledger does not know', [reply(503, { code: 'unknown_outcome' })], 'unknown_outcome'],
    ['something before the ledger answers', [reply(502, 'Bad Gateway')], 'unknown_outcome'],
    ['a cut connection', [cut], 'unknown_outcome'],
    ['a cut connection, and then a certain answer', [cut, certain], 'unknown_outcome'],
    ['an answer cut short', [cutShort, certain], 'unknown_outcome'],
    ['a fault', [reply(500, { code: 'internal_error' })], 'unknown_outcome'],
  ])('%s', async (_, given, code) => {
    const problem = await problemOf(submit(...given));
    expect(problem).toMatchObject({ status: 503, code });
    expect(problem.detail.includes('unknown')).toBe(code === 'unknown_outcome');
  });

  test('a call that only reads has no unknown outcome', async () => {
    answers = [cut];
    expect(await problemOf(ledger().job({ organizationId: 'acme', jobId: 'j1' }))).toMatchObject({
      code: 'unavailable',
    });
  });
});

describe('proxied requests', () => {
  const ask = async (method: string, given: FakeAnswer, urls = address().urls) => {
    answers = [given];
    const body = method === 'GET' ? undefined : Buffer.from('{"argument":{}}');
    const request = {
      method,
      path: '/v1/organizations/acme/grants',
      headers: { 'content-type': 'application/json' },
      body,
    };
    return new ServiceProxy(urls, 1_000).request(request).catch((error: unknown) => error);
  };

  test('a write whose answer is lost is not sent again, and its outcome is unknown', async () => {
    expect(await ask('POST', cut)).toBeInstanceOf(AnswerLost);
    expect(received).toHaveLength(1);
  });

  test('a write that was not sent has had no effect', async () => {
    expect(await ask('POST', cut, [await unusedAddress()])).toMatchObject({
      status: 503,
      code: 'unavailable',
    });
  });
});

describe('a lasting failure is not repeated', () => {
  test('a problem of the ledger is passed on', async () => {
    const problem = await problemOf(submit(reply(422, { code: 'invalid_input', detail: 'jobs: Give a list.' })));
    expect(problem).toMatchObject({ status: 422, code: 'invalid_input', detail: 'jobs: Give a list.' });
    expect(received).toHaveLength(1);
  });

  test('a refused internal key is reported as 503, not as the caller’s fault', async () => {
    const problem = await problemOf(submit(reply(401, {})));
    expect(problem).toMatchObject({ status: 503, code: 'unavailable' });
    expect(problem.detail).toContain('TALLY_LEDGER_KEY');
    expect(received).toHaveLength(1);
  });
});

describe('of several replicas', () => {
  test('one that does not answer is skipped for a while', async () => {
    answers = [ok([RESERVED])];
    const both = ledger({ urls: [await unusedAddress(), ...address().urls] });
    for (let i = 0; i < 4; i++) expect(await both.submit([SUBMISSION])).toEqual([RESERVED]);
    expect(received).toHaveLength(4);
  });
});

describe('many at once', () => {
  const many = (count: number) => Array.from({ length: count }, (_, i) => ({ ...SUBMISSION, jobId: `j${i}` }));
  const each: FakeAnswer = (response, { argument }) =>
    ok((argument as (typeof SUBMISSION)[]).map(({ jobId }) => ({ ...RESERVED, jobId })))(response, received[0]!);

  test('share requests, and each caller gets its own replies', async () => {
    answers = [each];
    const one = ledger({ mostWaiting: 100 });
    const replies = await Promise.all(many(60).map((submission) => one.submit([submission])));
    expect(replies).toEqual(many(60).map(({ jobId }) => [{ ...RESERVED, jobId }]));
    expect(received.length).toBeLessThanOrEqual(8);
  });

  test('calls beyond the limit get a 503, and the others succeed', async () => {
    answers = [each];
    const one = ledger();
    const outcomes = await Promise.allSettled(many(12).map((submission) => one.submit([submission])));
    const refused = outcomes.filter(({ status }) => status === 'rejected') as PromiseRejectedResult[];
    expect(refused).toHaveLength(2);
    expect(refused[0]!.reason).toMatchObject({ status: 503, members: { retryAfter: 2 } });
    expect(await one.submit([SUBMISSION])).toEqual([{ ...RESERVED, jobId: 'j1' }]);
  });

  test('a call larger than the limit is accepted when no other waits', async () => {
    answers = [each];
    expect(await ledger().submit(many(11))).toHaveLength(11);
  });
});
