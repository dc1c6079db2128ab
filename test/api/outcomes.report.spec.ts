import { balanceOf, caller, organizationWith } from '../support/callers';
import { useServer, withCatalog } from '../support/use-server';

const server = useServer(withCatalog('leapocr'));

describe('POST /v1/jobs/outcomes', () => {
  test('decides each outcome in order, as if it were sent alone', async () => {
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
      { id: 'c', organizationId: 'unknown', outcome: 'failed' },
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

  test.each([{}, { outcomes: [] }, { outcomes: 'a' }, { jobs: [] }])('refuses %j', async (body) => {
    const answer = await caller(server, 'service')('POST', '/v1/jobs/outcomes', body);
    expect(answer.status).toBe(422);
    expect(answer.body.errors[0]).toMatchObject({ field: 'outcomes' });
  });

  test.each(['project', 'organization'] as const)('refuses a %s key', async (role) => {
    const outcomes = [{ id: 'a', outcome: 'failed' }];
    expect((await caller(server, role)('POST', '/v1/jobs/outcomes', { outcomes })).status).toBe(403);
  });
});
