import { request } from 'node:http';
import * as fc from 'fast-check';
import { tallyHere } from '../support/tally';
import { caller } from '../support/callers';
import { call, removeDirectories, type Standalone, startStandalone } from '../support/server';
import { type FuzzRequest, fuzzRequests } from './support/fuzz-requests';
import type { OpenApi } from './support/schema-values';

/** 100,000 requests need about three minutes. The error of a failed run contains its seed. */
const COUNT = Number(process.env['FUZZ_REQUESTS'] ?? 6_000);
const SEED = Number(process.env['FUZZ_SEED'] ?? Date.now() % 1_000_000);
const AT_ONCE = 16;
const LONGEST_MILLISECONDS = 10_000;
const ORGANIZATIONS = ['fuzz-a', 'fuzz-b'];

jest.setTimeout(60_000 + COUNT * 10);

interface FuzzedResponse {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

let server: Standalone;
beforeAll(async () => {
  server = await startStandalone();
  const operator = caller(server, 'operator');
  for (const id of ORGANIZATIONS) {
    await operator('POST', '/v1/organizations', { id, name: id });
    const grant = { grantId: 'start', kind: 'top-up', credits: 1_000_000, reason: 'For the test.' };
    expect((await operator('POST', `/v1/organizations/${id}/grants`, grant)).status).toBe(201);
  }
});
afterAll(async () => {
  await server.process.stop();
  removeDirectories();
});

function send({ method, path, headers, body, role }: FuzzRequest): Promise<FuzzedResponse> {
  const keys: Readonly<Record<string, string | undefined>> = { ...server.keys, unknown: 'tsk_unknown' };
  const key = keys[role];
  const { hostname, port } = new URL(server.url);
  return new Promise((resolve, reject) => {
    const asked = request(
      {
        hostname,
        port,
        method,
        path,
        timeout: LONGEST_MILLISECONDS,
        headers: {
          ...(key !== undefined && { authorization: `Bearer ${key}` }),
          // Node omits it for a DELETE.
          ...(body !== undefined && { 'content-length': Buffer.byteLength(body) }),
          ...headers,
        },
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk) => (text += chunk));
        response.on('end', () =>
          resolve({ status: response.statusCode!, type: response.headers['content-type'] ?? '', text }),
        );
      },
    );
    asked.on('timeout', () => asked.destroy(new Error(`no answer in ${LONGEST_MILLISECONDS} ms`)));
    asked.on('error', reject).end(body);
  });
}

/** The reason why a response is wrong, if it is. */
function faultOf({ status, type, text }: FuzzedResponse): string | undefined {
  if (status >= 500) return `status ${status}: ${text.slice(0, 300)}`;
  if (status < 400) return undefined;
  if (!type.startsWith('application/problem+json')) return `an error without problem+json: ${type}`;
  const { code, title, detail, status: said } = JSON.parse(text) as Record<string, unknown>;
  const isWhole = [code, title, detail].every((member) => typeof member === 'string' && member !== '');
  return isWhole && said === status ? undefined : `an incomplete problem: ${text.slice(0, 300)}`;
}

const outcomeOf = (asked: FuzzRequest): Promise<{ status: number; fault: string | undefined }> =>
  send(asked).then(
    (answer) => ({ status: answer.status, fault: faultOf(answer) }),
    (error: Error) => ({ status: 0, fault: error.message }),
  );

test(`${COUNT} random requests (seed ${SEED}) cause no server error, and all balances stay correct`, async () => {
  const document = (await call(`${server.url}/docs/openapi.json`)).body as OpenApi;
  const ids = { organizations: [...ORGANIZATIONS, 'demo', 'fuzz-c'], projects: ['demo-project', 'p1', 'p2'] };
  const requests = fuzzRequests(document, ids);
  const faults: string[] = [];
  const statuses = new Map<number, number>();
  for (let from = 0; from < COUNT && faults.length < 20; from += 500) {
    const queue = fc.sample(requests, { seed: SEED + from, numRuns: Math.min(500, COUNT - from) });
    const work = async () => {
      for (let next = queue.pop(); next; next = queue.pop()) {
        const { status, fault } = await outcomeOf(next);
        if (fault !== undefined) faults.push(`${JSON.stringify(next).slice(0, 1_000)}\n  ${fault}`);
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  }
  expect(faults).toEqual([]);
  const accepted = [...statuses].filter(([status]) => status >= 200 && status < 300);
  // The generator must produce enough valid requests.
  expect(accepted.reduce((sum, [, count]) => sum + count, 0)).toBeGreaterThan(COUNT / 20);

  const environment = { TALLY_URL: server.url, TALLY_KEY: server.keys.operator };
  expect(await tallyHere(['verify'], { environment })).toMatchObject({ exitCode: 0 });
  expect(await tallyHere(['replay'], { environment })).toMatchObject({ exitCode: 0 });
  const stopped = await caller(server, 'operator')('GET', '/v1/ops/organizations?limit=100');
  const reasons = (stopped.body.data as { stopped?: unknown }[]).filter((organization) => organization.stopped);
  expect(reasons).toEqual([]);
});
