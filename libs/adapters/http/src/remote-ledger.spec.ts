import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hashOfKey, INTERNAL_ROUTES, Problem } from '@tallystick/contracts';
import { RemoteKeys } from './remote-keys';
import { RemoteLedger } from './remote-ledger';

type Answer = (response: ServerResponse, asked: Asked) => void;
interface Asked {
  readonly path: string | undefined;
  readonly key: string | undefined;
  readonly argument: unknown;
}

const SUBMISSION = { organizationId: 'acme', projectId: 'shop', jobId: 'j1', operation: 'op' };
const RESERVED = { kind: 'reserved', credits: 3, draws: [], revision: 7, repeated: false };

let server: Server;
let answers: Answer[] = [];
let asked: Asked[] = [];

beforeAll(async () => {
  server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  asked = [];
});

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const { argument } = JSON.parse(Buffer.concat(chunks).toString()) as { argument: unknown };
  asked.push({ path: request.url, key: request.headers.authorization, argument });
  answers[Math.min(asked.length, answers.length) - 1]!(response, asked.at(-1)!);
}

const reply =
  (status: number, body: unknown): Answer =>
  (response) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
const ok = (result: unknown): Answer => reply(200, { result });
const cut: Answer = (response) => response.socket!.destroy();
const cutShort: Answer = (response) => {
  response.writeHead(200, { 'content-length': '100' }).write('{"res');
  setTimeout(() => response.socket!.destroy(), 20);
};
const silence: Answer = () => undefined;

const address = () => ({
  url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  key: 'a-service-key',
  timeoutMilliseconds: 150,
});
const submit = (...given: Answer[]) => {
  answers = given;
  return new RemoteLedger(address()).submit([SUBMISSION]);
};
const problemOf = async (asking: Promise<unknown>): Promise<Problem> => {
  const error: unknown = await asking.catch((it: unknown) => it);
  expect(error).toBeInstanceOf(Problem);
  return error as Problem;
};

test('what is asked travels whole, with our key', async () => {
  expect(await submit(ok([RESERVED]))).toEqual([RESERVED]);
  expect(asked).toEqual([
    { path: INTERNAL_ROUTES.submit, key: 'Bearer a-service-key', argument: [SUBMISSION] },
  ]);
});

test('"there is none" is undefined', async () => {
  answers = [ok(null)];
  expect(await new RemoteLedger(address()).job({ organizationId: 'acme', jobId: 'j1' })).toBeUndefined();
});

test('of a key only its hash travels', async () => {
  answers = [ok({ keyId: 'k1', role: 'service' })];
  expect(await new RemoteKeys(address()).find('the-secret-itself')).toEqual({ keyId: 'k1', role: 'service' });
  expect(asked[0]).toMatchObject({
    path: INTERNAL_ROUTES.findKey,
    argument: await hashOfKey('the-secret-itself'),
  });
  expect(JSON.stringify(asked)).not.toContain('the-secret-itself');
});

describe('what may be another answer a moment later is asked again', () => {
  test.each([
    ['503', reply(503, {})],
    ['500', reply(500, {})],
    ['a cut connection', cut],
    ['an answer cut short', cutShort],
    ['silence', silence],
  ])('%s', async (_, fault) => {
    expect(await submit(fault, fault, ok([RESERVED]))).toEqual([RESERVED]);
    expect(asked).toHaveLength(3);
    expect(new Set(asked.map(({ argument }) => JSON.stringify(argument))).size).toBe(1);
  });

  test('but not for ever: then the caller is asked to come again', async () => {
    const problem = await problemOf(submit(reply(503, {})));
    expect(problem).toMatchObject({ status: 503, code: 'unavailable', members: { retryAfter: 2 } });
    expect(problem.detail).toContain('it answered 503');
    expect(asked).toHaveLength(3);
  });

  test('nobody there', async () => {
    const problem = await problemOf(new RemoteLedger({ ...address(), url: 'http://127.0.0.1:9' }).submit([]));
    expect(problem).toMatchObject({ status: 503, code: 'unavailable' });
  });
});

describe('what will stay the same is not asked again', () => {
  test('a problem of the ledger is handed on', async () => {
    const problem = await problemOf(
      submit(reply(422, { code: 'invalid_input', detail: 'jobs: Give a list.' })),
    );
    expect(problem).toMatchObject({ status: 422, code: 'invalid_input', detail: 'jobs: Give a list.' });
    expect(asked).toHaveLength(1);
  });

  test('our own key being refused is no fault of the caller', async () => {
    const problem = await problemOf(submit(reply(401, {})));
    expect(problem).toMatchObject({ status: 503, code: 'unavailable' });
    expect(problem.detail).toContain('TALLY_LEDGER_KEY');
    expect(asked).toHaveLength(1);
  });
});
