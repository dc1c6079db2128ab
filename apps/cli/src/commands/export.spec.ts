import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeServer } from '../../support/fake-server';
import { runTally } from '../../support/run-tally';

const ROOT = '/v1/organizations/acme';
let folder: string;
let server: FakeServer;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tally-export-'));
  server = new FakeServer();
  const list = (data: object[]) => () => [200, { data, nextCursor: null }] as const;
  const routes: FakeServer['routes'] = {
    [`GET ${ROOT}`]: () => [200, { id: 'acme' }],
    [`GET ${ROOT}/balance`]: () => [200, { revision: 2, asOf: 't' }],
    [`GET ${ROOT}/settings`]: () => [200, { retentionDays: 3 }],
    [`GET ${ROOT}/projects`]: list([{ projectId: 'p' }]),
    [`GET ${ROOT}/keys`]: list([{ keyId: 'k' }]),
    [`GET ${ROOT}/grants`]: list([{ grantId: 'g', revision: 1 }]),
    [`GET ${ROOT}/events`]: list([0, 1, 2, 3].map((revision) => ({ revision }))),
    [`GET ${ROOT}/history`]: list([{ revision: 3 }, { revision: 1 }]),
    'GET /v1/jobs': list([{ jobId: 'j' }]),
    'GET /v1/ops/organizations/acme/refusals': list([{ jobId: 'r' }]),
  };
  Object.assign(server.routes, routes);
});
afterEach(() => rmSync(folder, { recursive: true }));

const exported = (args: string[] = [], interrupted?: AbortSignal) =>
  runTally(['export', 'acme', ...args], { client: server.client(), cwd: folder, interrupted });
const typesIn = (text: string) =>
  text
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { type: string }).type);
const TYPES = [
  'export',
  'organization',
  'settings',
  'balance',
  'project',
  'key',
  'grant',
  'event',
  'event',
  'event',
  'movement',
  'job',
  'refusal',
  'end',
];

test('writes one line per object, up to the revision at its start, and ends with the count', async () => {
  const { exitCode, out } = await exported();
  expect(exitCode).toBe(0);
  expect(typesIn(out)).toEqual(TYPES);
  const end = { type: 'end', data: { organizationId: 'acme', revision: 2, lines: TYPES.length } };
  expect(JSON.parse(out.split('\n').at(-1)!)).toEqual(end);
});

test('without permission for refusals leaves them out', async () => {
  server.routes['GET /v1/ops/organizations/acme/refusals'] = () => [403, { detail: 'For operators.' }];
  expect(typesIn((await exported()).out)).toEqual(TYPES.filter((type) => type !== 'refusal'));
});

test('to a file creates it when it is complete, and prints a summary', async () => {
  const { out } = await exported(['--out', 'acme.ndjson']);
  expect(out).toBe('14 lines in acme.ndjson.');
  expect(typesIn(readFileSync(join(folder, 'acme.ndjson'), 'utf8'))).toEqual(TYPES);
});

test.each<[string, () => AbortSignal | undefined, number]>([
  ['an error', () => ((server.routes[`GET ${ROOT}/history`] = () => [500, { detail: 'It broke.' }]), undefined), 1],
  ['Ctrl-C', () => AbortSignal.abort(), 130],
])('%s leaves no file behind', async (_, prepare, expected) => {
  expect((await exported(['--out', 'acme.ndjson'], prepare())).exitCode).toBe(expected);
  expect(readdirSync(folder)).toEqual([]);
});

test('reports a file that cannot be written', async () => {
  const { exitCode, err } = await exported(['--out', 'no/folder']);
  expect(exitCode).toBe(1);
  expect(err).toContain('cannot be written (ENOENT).');
  expect(existsSync(join(folder, 'no'))).toBe(false);
});
