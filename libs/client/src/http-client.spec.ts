import { ApiError, ConnectionError, HttpClient, pagesOf, resourcesOf, type Transport, type WireRequest } from './index';

type Step = { readonly status: number; readonly body?: unknown; readonly retryAfter?: string } | Error;

/** Answers with the steps in turn, the last one again and again. */
class FakeTransport implements Transport {
  readonly where = 'http://server';
  readonly requests: WireRequest[] = [];

  constructor(private readonly steps: readonly Step[]) {}

  send(request: WireRequest) {
    this.requests.push(request);
    const step = this.steps[Math.min(this.requests.length, this.steps.length) - 1]!;
    if (step instanceof Error) return Promise.reject(step);
    const { status, body, retryAfter = null } = step;
    const text = body === undefined ? '' : JSON.stringify(body);
    return Promise.resolve({ status, text, headers: { get: () => retryAfter } });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

const clientOf = (steps: readonly Step[], options: ConstructorParameters<typeof HttpClient>[1] = {}) => {
  const transport = new FakeTransport(steps);
  return { http: new HttpClient(transport, options), transport };
};
const lost = (code: string) => Object.assign(new Error('fetch failed'), { cause: { code } });
const busy = { status: 503, body: { code: 'unavailable', detail: 'Try again.' }, retryAfter: '0' };

test('a request has the key, the idempotency key, the query and the body', async () => {
  const { http, transport } = clientOf([{ status: 201, body: { grantId: 'g' } }], { key: 'secret' });
  const grant = { kind: 'top-up', credits: 5, reason: 'test' } as const;
  const { organizations, jobs } = resourcesOf(http);
  expect(await organizations.of('a/b').grants.create(grant, 'once')).toEqual({ grantId: 'g' });
  await jobs.get('j', 'acme');
  expect(transport.requests).toMatchObject([
    {
      method: 'POST',
      url: '/v1/organizations/a%2Fb/grants',
      headers: { authorization: 'Bearer secret', 'idempotency-key': 'once', 'content-type': 'application/json' },
      body: JSON.stringify(grant),
    },
    { method: 'GET', url: '/v1/jobs/j?organization=acme', body: undefined },
  ]);
});

test('a 503 and a 429 are repeated after the time that the server gives', async () => {
  const { http, transport } = clientOf([busy, { ...busy, status: 429 }, { status: 200, body: { status: 'reserved' } }]);
  expect(await http.request({ path: '/v1/jobs', body: {} })).toEqual({ status: 'reserved' });
  expect(new Set(transport.requests.map((request) => JSON.stringify(request))).size).toBe(1);
  expect(transport.requests).toHaveLength(3);
});

test('after the last attempt the problem is thrown', async () => {
  const { http, transport } = clientOf([busy], { attempts: 2 });
  const error = (await http.request({ path: '/v1/jobs' }).catch((it: unknown) => it)) as ApiError;
  expect(error).toBeInstanceOf(ApiError);
  expect(error).toMatchObject({ status: 503, message: 'Try again.', problem: { code: 'unavailable' } });
  expect(error.isUnknownOutcome).toBe(false);
  expect(transport.requests).toHaveLength(2);
});

test.each<[number, string | undefined, boolean]>([
  [402, 'insufficient_credits', false],
  [500, 'internal_error', true],
  [502, undefined, true],
])('the outcome of a %i %s is unknown: %s', async (status, code, isUnknownOutcome) => {
  const { http } = clientOf([{ status, body: { code } }]);
  await expect(http.request({ path: '/' })).rejects.toMatchObject({ status, isUnknownOutcome });
});

test.each([
  ['ECONNREFUSED', 'the connection was refused', false],
  ['ECONNRESET', 'ECONNRESET', true],
])('without an answer (%s) it is known whether the request was sent', async (code, reason, wasSent) => {
  const { http } = clientOf([lost(code)], { attempts: 1 });
  const error: unknown = await http.exchange({ path: '/' }).catch((it: unknown) => it);
  expect(error).toBeInstanceOf(ConnectionError);
  expect(error).toMatchObject({ reason, wasSent, message: `No answer from http://server (${reason}).` });
});

test('a list is read page by page, up to the limit', async () => {
  const queries: unknown[] = [];
  const read = async ({ cursor, limit }: { cursor?: string | number; limit?: string | number }) => {
    queries.push([cursor, limit]);
    return { data: [1, 2], nextCursor: cursor === undefined ? 'next' : null };
  };
  const pages = [];
  for await (const page of pagesOf(read, {}, 3)) pages.push(page);
  expect(pages).toEqual([[1, 2], [1]]);
  expect(queries).toEqual([
    [undefined, 3],
    ['next', 1],
  ]);
});
