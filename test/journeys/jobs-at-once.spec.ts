import { balanceOf, caller, eventually, organizationWith } from '../support/callers';
import { removeDirectories, startStandalone, type Standalone } from '../support/server';

let server: Standalone;
beforeAll(async () => {
  server = await startStandalone(undefined, { flags: ['--catalog', 'catalogs/leapocr.yaml'] });
}, 60_000);
afterAll(async () => {
  expect(await server.process.stop()).toBe(0);
  removeDirectories();
});

interface SubmittedJob {
  readonly status: string | number;
  readonly repeated?: boolean;
}
const submitAll = async (jobs: readonly object[]): Promise<readonly SubmittedJob[]> =>
  (await caller(server, 'service')('POST', '/v1/jobs/batch', { jobs })).body.results;

const inLots = <T>(all: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(all.length / size) }, (_, index) => all.slice(index * size, (index + 1) * size));

test('64 clients race for 5,000 credits with 10,000 jobs of one credit: exactly 5,000 are accepted', async () => {
  const organizationId = await organizationWith(server, 5_000);
  const jobs = Array.from({ length: 10_000 }, (_, index) => ({
    id: `race-${index}`,
    organizationId,
    operation: 'standard-v2',
    usage: { pages: 1 },
  }));
  const clients = inLots(jobs, Math.ceil(jobs.length / 64));
  const answers = await Promise.all(
    clients.map(async (own) => {
      const results: SubmittedJob[] = [];
      for (const lot of inLots(own, 20)) results.push(...(await submitAll(lot)));
      return results;
    }),
  );
  const statuses = answers.flat().map(({ status }) => status);
  expect(statuses.filter((status) => status === 'reserved')).toHaveLength(5_000);
  expect(statuses.filter((status) => status === 402)).toHaveLength(5_000);
  expect(await balanceOf(server, organizationId)).toMatchObject({
    granted: 5_000,
    available: 0,
    reserved: 5_000,
  });
});

test('one by one and at once: the last credits go to as many jobs as there are', async () => {
  const organizationId = await organizationWith(server, 25);
  const submit = (index: number) =>
    caller(server, 'service')('POST', '/v1/jobs', {
      id: `one-${index}`,
      organizationId,
      operation: 'standard-v2',
      usage: { pages: 1 },
    });
  const answers = await Promise.all(Array.from({ length: 100 }, (_, index) => submit(index)));
  expect(answers.filter(({ status }) => status === 202)).toHaveLength(25);
  expect(answers.filter(({ status }) => status === 402)).toHaveLength(75);
});

test('a cap holds under the same race', async () => {
  const organizationId = await organizationWith(server, 1_000);
  await caller(server, 'operator')('PUT', `/v1/organizations/${organizationId}/projects/default`, {
    budgetCap: 100,
  });
  const jobs = Array.from({ length: 400 }, (_, index) => ({
    id: `cap-${index}`,
    organizationId,
    operation: 'standard-v2',
    usage: { pages: 1 },
  }));
  const results = (await Promise.all(inLots(jobs, 10).map(submitAll))).flat();
  expect(results.filter(({ status }) => status === 'reserved')).toHaveLength(100);
});

test('a day of jobs sent twice, by batch and as events, changes nothing the second time', async () => {
  const organizationId = await organizationWith(server, 10_000);
  const service = caller(server, 'service');
  const jobs = Array.from({ length: 2_000 }, (_, index) => ({
    id: `day-${index}`,
    organizationId,
    operation: 'standard-v2',
    usage: { pages: 1 + (index % 3) },
  }));
  const ends = jobs.map(({ id, usage }, index) => ({
    specversion: '1.0',
    id: `end-${id}`,
    source: 'test',
    type: index % 10 === 0 ? 'tallystick.job.failed' : 'tallystick.job.completed',
    subject: id,
    data: { organizationId, ...(index % 7 === 0 && { usage: { pages: Math.max(1, usage.pages - 1) } }) },
  }));
  const day = async () => {
    const results = (await Promise.all(inLots(jobs, 500).map(submitAll))).flat();
    const types = { 'content-type': 'application/cloudevents-batch+json' };
    for (const lot of inLots(ends, 500)) await service('POST', '/v1/events', lot, types);
    return results;
  };
  const isSettled = ({ reserved }: { readonly reserved: number }) => reserved === 0;
  expect((await day()).every(({ status, repeated }) => status === 'reserved' && !repeated)).toBe(true);
  const first = await eventually(() => balanceOf(server, organizationId), isSettled);
  expect(first['consumed']).toBeGreaterThan(3_000);
  // A marker behind the second day's messages says when they all have been taken.
  expect((await day()).every(({ status, repeated }) => status === 'reserved' && repeated)).toBe(true);
  const marker = { id: 'marker', organizationId, operation: 'standard-v2', usage: { pages: 1 } };
  await service('POST', '/v1/jobs', marker);
  const last = {
    ...ends[1]!,
    id: 'end-marker',
    type: 'tallystick.job.failed',
    subject: 'marker',
    data: { organizationId },
  };
  await service('POST', '/v1/events', last, { 'content-type': 'application/cloudevents+json' });
  const second = await eventually(() => balanceOf(server, organizationId), isSettled);
  expect(second).toMatchObject({ available: first['available'], consumed: first['consumed'] });
}, 60_000);

describe('outcomes of many jobs at once', () => {
  test('are each decided as if alone, in order', async () => {
    const id = await organizationWith(server, 100);
    const service = caller(server, 'service');
    const job = (name: string) => ({
      id: name,
      organizationId: id,
      operation: 'standard-v2',
      usage: { pages: 3 },
    });
    await service('POST', '/v1/jobs/batch', { jobs: ['a', 'b', 'c'].map(job) });
    const outcomes = [
      { id: 'a', organizationId: id, outcome: 'completed', usage: { pages: 2 } },
      { id: 'b', organizationId: id, outcome: 'failed', reason: 'incomplete' },
      { id: 'b', organizationId: id, outcome: 'completed' },
      { id: 'c', organizationId: id, outcome: 'completed', usage: { pages: 2_000_000 } },
      { id: 'c', organizationId: id, outcome: 'done' },
      { id: 'c', outcome: 'completed' },
      { id: 'unknown', organizationId: id, outcome: 'completed' },
      { id: 'c', organizationId: 'nobody', outcome: 'failed' },
      'text',
    ];
    const { status, body } = await service('POST', '/v1/jobs/outcomes', { outcomes });
    expect(status).toBe(200);
    expect(body.results).toMatchObject([
      { jobId: 'a', status: 'consumed', consumed: 2, refunded: 1, httpStatus: 200 },
      { jobId: 'b', status: 'refunded', consumed: 0, refunded: 3, httpStatus: 200 },
      { jobId: 'b', status: 'refunded', contradicted: true, httpStatus: 200 },
      { jobId: 'c', status: 422, code: 'too_many_pages' },
      { jobId: 'c', status: 422, code: 'invalid_input', errors: [{ field: 'outcome' }] },
      { jobId: 'c', status: 422, code: 'invalid_input', errors: [{ field: 'organizationId' }] },
      { jobId: 'unknown', status: 'remembered', httpStatus: 202 },
      { jobId: 'c', status: 404, code: 'unknown_organization' },
      { status: 422, code: 'invalid_input' },
    ]);
    expect(await balanceOf(server, id)).toMatchObject({ consumed: 2, reserved: 3 });
  });

  test.each([{}, { outcomes: [] }, { outcomes: 'a' }, { jobs: [] }])('%j is no list of them', async (body) => {
    const answer = await caller(server, 'service')('POST', '/v1/jobs/outcomes', body);
    expect(answer.status).toBe(422);
    expect(answer.body.errors[0]).toMatchObject({ field: 'outcomes' });
  });

  test.each(['project', 'organization'] as const)('a %s key may not say how jobs ended', async (role) => {
    const outcomes = [{ id: 'a', outcome: 'failed' }];
    expect((await caller(server, role)('POST', '/v1/jobs/outcomes', { outcomes })).status).toBe(403);
  });
});
