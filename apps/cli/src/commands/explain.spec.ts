import { REFUSALS } from '@tallystick/contracts/ledger';
import { REFUSAL_CODES } from '../refusal-codes';
import { FakeServer } from '../../support/fake-server';
import { runTally } from '../../support/run-tally';

let server: FakeServer;
beforeEach(() => (server = new FakeServer()));
const explain = (...args: string[]) =>
  runTally(['explain', ...args], { client: server.client(), organizationId: 'demo' });

const refusal = (jobId: string, more: object = {}) => ({
  at: '2026-11-30T10:00:00.000Z',
  organizationId: 'demo',
  projectId: 'p',
  jobId,
  operation: 'ocr',
  code: 'insufficient_credits',
  required: 12,
  available: 5,
  revision: 8,
  ...more,
});
const grants = [
  { grantId: 'g1', kind: 'top-up', available: 5, reserved: 0 },
  { grantId: 'g2', kind: 'trial', available: 90, reserved: 0, scope: ['other'] },
];

test('every code of the ledger is explained, with its status', () => {
  const statuses = Object.entries(REFUSAL_CODES).map(([code, { httpStatus }]) => [code, httpStatus]);
  const expected = Object.entries(REFUSALS).map(([code, { status }]) => [code, status]);
  expect(Object.fromEntries(statuses)).toMatchObject(Object.fromEntries(expected));
});

test('explains a code and what to do, without a server', async () => {
  const { exitCode, out } = await runTally(['explain', 'job_conflict'], { client: server.client() });
  expect(exitCode).toBe(0);
  expect(out).toMatch(
    /^job_conflict \(HTTP 409\): The id belongs to another job.*\nWhat to do: Give a new job a new id/,
  );
  expect(server.requests).toEqual([]);
});

describe('a refused job', () => {
  beforeEach(() => {
    const pagesOf: unknown[] = [
      { data: [refusal('a'), refusal('b')], nextCursor: 'next' },
      { data: [refusal('a', { revision: 9, code: 'budget_cap_exceeded' })], nextCursor: null },
    ];
    server.routes['GET /v1/ops/organizations/demo/refusals'] = () => [200, pagesOf.shift()];
    server.routes['GET /v1/organizations/demo/balance'] = () => [200, { available: 95, revision: 20, grants }];
    server.routes['GET /v1/organizations/demo/projects/p'] = () => [200, { budgetCap: 100, used: 99 }];
  });

  test('shows the grants at the decision, and which of them the job could use', async () => {
    const { exitCode, out } = await explain('b');
    expect(exitCode).toBe(0);
    expect(out).toMatch(/needed +12/);
    expect(out).toContain('insufficient_credits (HTTP 402)');
    expect(out).toMatch(/g1 +top-up +5 +0 +– +yes/);
    expect(out).toMatch(/g2 +trial +90 +0 +other +no/);
    expect(server.requests.map(({ url }) => url)).toContain('/v1/organizations/demo/balance?atRevision=8');
  });

  test('that was refused several times shows the last refusal and the present cap', async () => {
    const { out } = await explain('a');
    expect(out).toMatch(/decided on +revision 9/);
    expect(out).toContain('The cap of project p is now 100 credits, and 99 are used.');
  });

  test('as JSON', async () => {
    const { out } = await explain('b', 'demo', '--json');
    expect(JSON.parse(out)).toMatchObject({ refusal: { jobId: 'b' }, then: { grants }, httpStatus: 402 });
  });

  test('that was accepted later', async () => {
    server.jobs.set('b', { organizationId: 'demo', credits: 1, content: '', status: 'consumed' });
    expect((await explain('b')).out).toContain('The job was sent again and accepted: it is consumed.');
  });
});

test('a job that was accepted, and an unknown one', async () => {
  server.routes['GET /v1/ops/organizations/demo/refusals'] = () => [200, { data: [], nextCursor: null }];
  server.jobs.set('c', { organizationId: 'demo', credits: 1, content: '', status: 'reserved' });
  expect(await explain('c')).toMatchObject({
    exitCode: 1,
    err: 'Job c of demo was accepted: it is reserved.',
  });
  const { exitCode, err } = await explain('d');
  expect(exitCode).toBe(1);
  expect(err).toContain('No refusal of a job d of demo is stored');
});
