import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeServer } from '../../support/fake-server';
import { runTally } from '../../support/run-tally';
import { CsvSource } from './source/csv-source';
import { parseMapping } from './mapping/mapping';
import { isBadLine } from './source/messages';

const MAPPING = `
organization: { zipf: { count: 5, exponent: 1, seed: 1, prefix: org- } }
operation: ocr
pages: { column: pages }
submittedAt: { column: at }
duration: { column: ms }
outcome: { failEvery: 10 }
grant: 1000
`;
const ROWS = 200;
const START = Date.parse('2023-11-16T18:00:00Z');
const GOOD = Array.from(
  { length: ROWS },
  (_, at) => `${new Date(START + at * 1_000).toISOString()},${1 + (at % 7)},${(at % 13) * 700}`,
);
const text = (rows: readonly string[]) => `at,pages,ms\n${rows.join('\n')}\n`;

let folder: string;
let file: string;
let server: FakeServer;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tally-import-'));
  file = join(folder, 'jobs.csv');
  writeFileSync(file, text(GOOD));
  writeFileSync(join(folder, 'map.yaml'), MAPPING);
  server = new FakeServer();
});
afterEach(() => rmSync(folder, { recursive: true }));

const importing = (options: readonly string[] = [], interrupted?: AbortSignal) =>
  runTally(['import', 'jobs.csv', '--format', 'csv', '--map', 'map.yaml', '--batch', '16', '--json', ...options], {
    client: server.client(),
    cwd: folder,
    interrupted,
  });
const summaryOf = async (options: readonly string[] = []) =>
  JSON.parse((await importing(options)).out) as Record<string, unknown>;

const CONSUMED = GOOD.flatMap((row, at) => ((at + 1) % 10 === 0 ? [] : [Number(row.split(',')[1])]));
const REFUNDED = GOOD.flatMap((row, at) => ((at + 1) % 10 === 0 ? [Number(row.split(',')[1])] : []));
const sum = (numbers: readonly number[]) => numbers.reduce((total, it) => total + it, 0);
const EXPECTED = [
  [CONSUMED.length, sum(CONSUMED)],
  [REFUNDED.length, sum(REFUNDED)],
  [0, 0],
];

test('every row becomes a job that ends', async () => {
  const { exitCode, out } = await importing();
  expect(JSON.parse(out)).toMatchObject({
    rows: ROWS,
    accepted: ROWS,
    repeated: 0,
    refused: {},
    complete: true,
  });
  expect(server.totals()).toEqual(EXPECTED);
  expect(exitCode).toBe(0);
  expect(existsSync(`${file}.progress`)).toBe(false);
  expect(existsSync(`${file}.rejected`)).toBe(false);
});

test('a repeated import finds every row known and moves no credits', async () => {
  await importing();
  expect(await summaryOf()).toMatchObject({ accepted: 0, repeated: ROWS, refused: {} });
  expect(server.totals()).toEqual(EXPECTED);
});

describe('interrupted', () => {
  /** Lets `count` requests through and then acts. */
  const after = (count: number, act: () => void) => {
    let seen = 0;
    server.before = () => void (++seen === count && act());
  };

  test.each([1, 2, 5, 9, 17, 24])('by Ctrl-C at request %i, the same command continues', async (count) => {
    const interrupt = new AbortController();
    after(count, () => interrupt.abort());
    const first = await importing([], interrupt.signal);
    expect(first.exitCode).toBe(130);
    expect(JSON.parse(first.out)).toMatchObject({ complete: false });
    server.before = () => undefined;
    const second = await importing();
    const summary = JSON.parse(second.out) as { accepted: number; repeated: number };
    expect(summary.accepted + summary.repeated).toBe(ROWS);
    expect(server.totals()).toEqual(EXPECTED);
  });

  test.each([2, 3, 8, 15, 21])('by a crash at request %i, before or after its response', async (count) => {
    const crash = new Error('crash');
    const submitted = server.send.bind(server);
    let seen = 0;
    // A killed process writes neither progress nor results.
    server.send = (request) => {
      if (++seen < count) return submitted(request);
      return (seen % 2 === 0 ? submitted(request) : Promise.resolve()).then(() => {
        throw Object.assign(crash, { code: 'ECONNREFUSED' });
      });
    };
    expect((await importing()).exitCode).toBe(1);
    server.send = submitted;
    const summary = await summaryOf();
    expect((summary.accepted as number) + (summary.repeated as number)).toBe(ROWS);
    expect(server.totals()).toEqual(EXPECTED);
  });

  test('continues near where it stopped, with the same offset of --retime', async () => {
    const interrupt = new AbortController();
    after(20, () => interrupt.abort());
    await importing(['--retime'], interrupt.signal);
    const { row, shift } = JSON.parse(readFileSync(`${file}.progress`, 'utf8')) as {
      row: number;
      shift: number;
    };
    expect(row).toBeGreaterThan(50);
    const ids = [...server.jobs.keys()];
    const { resumedAt } = await summaryOf(['--retime']);
    expect(resumedAt).toBe(row);
    expect([...server.jobs.keys()].slice(0, ids.length)).toEqual(ids);
    const first = START + shift;
    expect(server.times[0]).toBe(new Date(first).toISOString());
    expect(server.jobs.size).toBe(ROWS);
  });

  test('another mapping or another server starts from the first row', async () => {
    const interrupt = new AbortController();
    after(20, () => interrupt.abort());
    await importing([], interrupt.signal);
    server = new FakeServer();
    const { exitCode, err, out } = await importing();
    expect(err).toBe('The server does not have the jobs of the earlier import: starting from the first row.');
    expect(JSON.parse(out)).toMatchObject({ resumedAt: 0, accepted: ROWS });
    expect(exitCode).toBe(0);
  });
});

test('--retime moves all times by the same offset, so that the last job ends now, and keeps ids', async () => {
  await importing();
  const plain = [...server.jobs.keys()];
  const ends = GOOD.map((row, at) => START + at * 1_000 + Number(row.split(',')[2]));
  server = new FakeServer();
  const before = Date.now();
  await importing(['--retime']);
  expect([...server.jobs.keys()]).toEqual(plain);
  const last = Math.max(...server.times.map((time) => Date.parse(time)));
  expect(last).toBeGreaterThanOrEqual(before);
  expect(last).toBeLessThanOrEqual(Date.now());
  expect(Date.parse(server.times[0]!) - START).toBe(last - Math.max(...ends));
});

test('invalid lines are skipped and recorded with number and reason', async () => {
  const rows = [...GOOD];
  rows[3] = 'yesterday,1,1';
  rows[5] = '2023-11-16T18:00:05Z,1';
  rows[8] = '2023-11-16T18:00:08Z,0,1';
  rows.push('"2023-11-16T19:00:00Z,1,1');
  writeFileSync(file, `${text(rows)}\n\n`);
  const { exitCode, out } = await importing();
  expect(exitCode).toBe(1);
  expect(JSON.parse(out)).toMatchObject({ accepted: ROWS - 3, unreadable: 3, refused: { invalid_input: 1 } });
  const rejected = readFileSync(`${file}.rejected`, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as object);
  expect(rejected).toEqual([
    { row: 4, line: 5, code: 'unreadable', message: 'at is not a time: yesterday', text: rows[3] },
    {
      row: 6,
      line: 7,
      code: 'unreadable',
      message: 'the row has 2 fields and the header has 3',
      text: rows[5],
    },
    {
      row: 9,
      line: 10,
      kind: 'submit',
      code: 'invalid_input',
      message: 'usage.pages: Give at least 1.',
      text: rows[8],
      organizationId: expect.stringMatching(/^org-\d$/) as string,
      jobId: expect.any(String) as string,
    },
    {
      row: 201,
      line: 202,
      code: 'unreadable',
      message: 'a quotation mark opens here and is never closed',
      text: rows[200],
    },
  ]);
});

test('both line endings are accepted, also in one file', async () => {
  const rows = GOOD.map((row, at) => (at === 7 ? 'broken\n' : `${row}${at % 3 === 0 ? '\r\n' : '\n'}`));
  writeFileSync(file, `\uFEFFat,pages,ms\r\n${rows.join('')}`);
  expect(await summaryOf()).toMatchObject({ rows: ROWS, accepted: ROWS - 1, unreadable: 1 });
});

test('an undecided row is sent again', async () => {
  server.failing = 3;
  const { exitCode, out } = await importing();
  expect(JSON.parse(out)).toMatchObject({ accepted: ROWS, refused: {} });
  expect([exitCode, server.totals()]).toEqual([0, EXPECTED]);
});

test('the outcome of a refused job is not sent', async () => {
  server.organizations = new Set(['org-1']);
  const { out, exitCode } = await importing();
  const { refused, accepted } = JSON.parse(out) as { refused: Record<string, number>; accepted: number };
  expect(refused.unknown_organization).toBe(ROWS - accepted);
  expect(Object.keys(refused)).toEqual(['unknown_organization']);
  expect(server.ended()).toHaveLength(accepted);
  expect(exitCode).toBe(1);
});

test('each organization is created once, with its initial credits', async () => {
  server.organizations = new Set(['org-1', 'org-2']);
  const grants: string[] = [];
  const granted: Record<string, string[]> = { 'org-1': ['own'], 'org-2': [] };
  for (const id of [1, 2, 3, 4, 5].map((n) => `org-${n}`)) {
    const at = `/v1/organizations/${id}`;
    server.routes[`POST ${at}/grants`] = (body: { credits: number; grantId: string }) => {
      grants.push(`${id}: ${body.credits} ${body.grantId}`);
      return [201, {}];
    };
    server.routes[`GET ${at}/grants`] = () => [200, { data: granted[id]!.map((grantId) => ({ grantId })) }];
  }
  expect((await importing(['--create-organizations'])).exitCode).toBe(0);
  // org-1 has other credits; org-2 was created by an import that was killed before the grant.
  expect(grants.sort()).toEqual([2, 3, 4, 5].map((n) => `org-${n}: 1000 import-start`));
});

describe('the plan of the mapping', () => {
  const at = '/v1/organizations/org-1';
  const sent = () =>
    server.requests.flatMap(({ method, url, body }) =>
      url.startsWith('/v1/jobs') || method === 'GET' ? [] : [[`${method} ${url}`, JSON.parse(body!)]],
    );

  beforeEach(() => {
    const one = MAPPING.replace('count: 5', 'count: 1').replace('grant: 1000', '');
    writeFileSync(join(folder, 'map.yaml'), `${one}plan: starter\ncountry: DE\n`);
  });

  test('is reported if the server has no billing', async () => {
    expect(await summaryOf(['--create-organizations'])).toMatchObject({ planNotImported: 'starter' });
    expect(sent()).toEqual([['POST /v1/organizations', { id: 'org-1', name: 'org-1' }]]);
  });

  test('is subscribed to once, and its first invoice is paid by hand', async () => {
    const subscription = { status: 'none' };
    server.organizations = new Set();
    server.routes[`GET ${at}/subscription`] = () => [200, subscription];
    server.routes[`GET ${at}/grants`] = () => [200, { data: [] }];
    server.routes['PUT /v1/ops/organizations/org-1/payment-method'] = () => [200, {}];
    server.routes[`PUT ${at}/billing-details`] = () => [200, {}];
    server.routes[`POST ${at}/subscription`] = () => [202, { status: 'awaiting_payment', invoice: 'ACME-000001' }];
    server.routes['POST /v1/ops/invoices/ACME-000001/payments'] = () => {
      subscription.status = 'active';
      return [201, {}];
    };
    expect(await summaryOf(['--create-organizations'])).not.toHaveProperty('planNotImported');
    const created = ['POST /v1/organizations', { id: 'org-1', name: 'org-1' }];
    expect(sent()).toEqual([
      created,
      ['PUT /v1/ops/organizations/org-1/payment-method', { kind: 'manual' }],
      [`PUT ${at}/billing-details`, { country: 'DE' }],
      [`POST ${at}/subscription`, { plan: 'starter', provider: 'manual' }],
      ['POST /v1/ops/invoices/ACME-000001/payments', { reason: 'import' }],
    ]);
    server.requests.length = 0;
    await importing(['--create-organizations']);
    expect(sent()).toEqual([created]);
  });
});

test('a changed file starts from its first row', async () => {
  const interrupt = new AbortController();
  let seen = 0;
  server.before = () => void (++seen === 20 && interrupt.abort());
  await importing([], interrupt.signal);
  server.before = () => undefined;
  // Same length and same beginning.
  writeFileSync(file, text([...GOOD.slice(0, -1), GOOD.at(-1)!.replace(/,(\d),/, ',9,')]));
  expect(await summaryOf()).toMatchObject({ resumedAt: 0, refused: {} });
});

test('messages are ordered by time, and an outcome never precedes its submission', async () => {
  const times: string[] = [];
  const seen = new Set<number>();
  for await (const item of new CsvSource(file, parseMapping(MAPPING)).messages(0, 0)) {
    if (isBadLine(item)) throw new Error(item.reason);
    if (item.kind === 'submit') seen.add(item.row);
    expect(seen.has(item.row)).toBe(true);
    times.push(item.body.occurredAt as string);
  }
  expect(times).toHaveLength(2 * ROWS);
  expect(times).toEqual([...times].sort());
});
