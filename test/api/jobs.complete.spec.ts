import { balanceOf, caller, organizationWith } from '../support/callers';
import { useServer, withCatalog } from '../support/use-server';

const server = useServer(withCatalog('leapocr'));
let org: string;
let made = 0;
beforeAll(async () => {
  org = await organizationWith(server, 10_000_000);
}, 60_000);

const service = caller(server, 'service');
const job = (more: object = {}) => ({
  id: `job-${++made}`,
  organizationId: org,
  operation: 'standard-v2',
  usage: { pages: 12 },
  ...more,
});

const open = async (more: object = {}): Promise<string> => {
  const wanted = job(more);
  expect(await service('POST', '/v1/jobs', wanted)).toMatchObject({ status: 202 });
  return wanted.id;
};

test('fewer pages refund the rest, more pages draw the difference, a repetition moves nothing', async () => {
  const organizationId = await organizationWith(server, 100);
  const service = caller(server, 'service');
  const submit = (id: string) =>
    service('POST', '/v1/jobs', { id, organizationId, operation: 'standard-v2', usage: { pages: 10 } });
  const complete = (id: string, pages: number) =>
    service('POST', `/v1/jobs/${id}/complete`, { organizationId, usage: { pages } });
  await Promise.all([submit('fewer'), submit('more')]);
  const fewer = await complete('fewer', 7);
  expect(fewer.body).toMatchObject({ consumed: 7, refunded: 3, writtenOff: 0 });
  expect((await complete('fewer', 7)).body).toEqual(fewer.body);
  expect((await complete('more', 12)).body).toMatchObject({ consumed: 12, refunded: 0, writtenOff: 0 });
  expect((await service('POST', '/v1/jobs/more/fail', { organizationId })).body).toMatchObject({
    contradicted: true,
    consumed: 12,
  });
  expect(await balanceOf(server, organizationId)).toMatchObject({
    available: 81,
    reserved: 0,
    consumed: 19,
  });
});

test('an outcome that arrives before its job is applied when the job is submitted', async () => {
  const organizationId = await organizationWith(server, 100);
  const service = caller(server, 'service');
  const failed = await service('POST', '/v1/jobs/late/fail', { organizationId, reason: 'incomplete' });
  expect(failed).toMatchObject({ status: 202, body: { status: 'remembered' } });
  await service('POST', '/v1/jobs', {
    id: 'late',
    organizationId,
    operation: 'standard-v2',
    usage: { pages: 10 },
  });
  expect(await balanceOf(server, organizationId)).toMatchObject({
    available: 100,
    reserved: 0,
    consumed: 0,
  });
  const both = `organization=${organizationId}&organizationId=${organizationId}`;
  expect((await service('GET', `/v1/jobs/late?${both}`)).status).toBe(422);
  expect((await service('GET', `/v1/jobs/late?organization=${organizationId}`)).body.jobId).toBe('late');
  expect((await service('GET', `/v1/jobs/late?organizationId=${organizationId}`)).body).toMatchObject({
    status: 'refunded',
    refunded: 10,
  });
});

describe('an empty usage', () => {
  test('is refused with the name of the unit; without a usage the whole reservation is consumed', async () => {
    const id = await open();
    const complete = (body: object) => service('POST', `/v1/jobs/${id}/complete`, { organizationId: org, ...body });
    for (const usage of [{}, { pages: null }])
      expect(await complete({ usage })).toMatchObject({
        status: 422,
        body: { code: 'invalid_job', errors: [{ field: 'usage.pages', rule: 'required' }] },
      });
    expect(await complete({ usage: { pages: 9 } })).toMatchObject({ status: 200, body: { consumed: 9, refunded: 3 } });
    const other = await open();
    expect(await service('POST', `/v1/jobs/${other}/complete`, { organizationId: org })).toMatchObject({
      body: { consumed: 12 },
    });
  });

  test.each([-1, 0])('%d pages violate only the rule for whole numbers', async (pages) =>
    expect(await service('POST', '/v1/jobs', job({ usage: { pages } }))).toMatchObject({
      status: 422,
      body: { errors: [{ field: 'usage.pages', rule: 'whole', message: 'Give a whole number of pages, 1 or more.' }] },
    }),
  );
});

describe('the largest job', () => {
  const million = 1_000_000;

  test('has a million pages; one more page is refused with too_many_pages, also at completion', async () => {
    const id = await open({ operation: 'pro-v2', usage: { pages: million } });
    const large = (usage: object) => service('POST', '/v1/jobs', job({ operation: 'pro-v2', usage }));
    const half = { type: 'pdf', pages: million / 2 };
    expect(await large({ pages: million + 1 })).toMatchObject({
      status: 422,
      body: { code: 'too_many_pages' },
    });
    expect(await large({ files: [half, half, { type: 'pdf', pages: 1 }] })).toMatchObject({
      status: 422,
      body: { code: 'too_many_pages', errors: [{ field: 'usage.files', rule: 'max' }] },
    });
    const complete = (usage: object) => service('POST', `/v1/jobs/${id}/complete`, { organizationId: org, usage });
    expect(await complete({ pages: 2 * million })).toMatchObject({ status: 422, body: { code: 'too_many_pages' } });
    expect(await complete({ pages: 1 })).toMatchObject({ status: 200, body: { consumed: 3 } });
  });
});
