import { balanceOf, caller, eventually, organizationWith } from '../support/callers';
import { useServer, withCatalog } from '../support/use-server';

jest.setTimeout(90_000);

const server = useServer(withCatalog('leapocr'));
interface RaceResult {
  readonly status: string | number;
  readonly repeated?: boolean;
}
const submitAll = async (jobs: readonly object[]): Promise<readonly RaceResult[]> =>
  (await caller(server, 'service')('POST', '/v1/jobs/batch', { jobs })).body.results;
const inLots = <T>(all: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(all.length / size) }, (_, index) => all.slice(index * size, (index + 1) * size));

test('64 clients submit 10,000 jobs of one credit for 5,000 credits: exactly 5,000 are accepted', async () => {
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
      const results: RaceResult[] = [];
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

test('the last credits are reserved for as many jobs as they cover, one by one and concurrently', async () => {
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

test('a budget cap holds for concurrent submissions', async () => {
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

test('a day of jobs that is sent again, in batches and as events, changes nothing', async () => {
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
  // A marker after the messages of the second day shows when all of them have been processed.
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
