import { caller } from '../support/callers';
import { parties } from './support/parties';
import { useServer, withCatalog } from '../support/use-server';

const server = useServer(withCatalog('leapocr'));
const job = (id: string, pages = 10) => ({ id, operation: 'standard-v2', usage: { pages } });
const service = caller(server, 'service');

describe('a submission with a waiting outcome', () => {
  const CONSUMED = {
    status: 'consumed',
    consumed: 7,
    refunded: 3,
    writtenOff: 0,
    outcomeWasWaiting: true,
    credits: 10,
  };
  const REFUNDED = {
    status: 'refunded',
    consumed: 0,
    refunded: 10,
    writtenOff: 0,
    outcomeWasWaiting: true,
    credits: 10,
  };
  const early = async (id: string, jobId: string, how: 'complete' | 'fail') =>
    service('POST', `/v1/jobs/${jobId}/${how}`, {
      organizationId: id,
      ...(how === 'complete' && { usage: { pages: 7 } }),
    });

  test.each([
    ['complete', CONSUMED],
    ['fail', REFUNDED],
  ] as const)('returns the outcome, also when it is repeated: %s', async (how, expected) => {
    const { id, p } = await parties(server);
    expect(await early(id, 'j', how)).toMatchObject({ status: 202, body: { status: 'remembered' } });
    const first = await p('POST', '/v1/jobs', job('j'));
    expect(first).toMatchObject({ status: 202, body: { jobId: 'j', ...expected } });
    const again = await p('POST', '/v1/jobs', job('j'));
    expect(again.status).toBe(200);
    expect(again.body).toEqual(first.body);
  });

  test('returns the outcome at its index of a batch, also when it is repeated', async () => {
    const { id, p } = await parties(server);
    await early(id, 'a', 'complete');
    await early(id, 'b', 'fail');
    const jobs = ['a', 'b', 'c'].map((jobId) => job(jobId));
    const expected = [
      { jobId: 'a', ...CONSUMED },
      { jobId: 'b', ...REFUNDED },
      { jobId: 'c', status: 'reserved' },
    ];
    const first = (await p('POST', '/v1/jobs/batch', { jobs })).body.results;
    expect(first).toMatchObject(expected.map((one) => ({ ...one, httpStatus: 202 })));
    const again = (await p('POST', '/v1/jobs/batch', { jobs })).body.results;
    expect(again).toEqual(first.map((one: object) => ({ ...one, httpStatus: 200, repeated: true })));
    expect(again[2]).not.toHaveProperty('outcomeWasWaiting');
  });

  test('a repetition returns reserved if the job was completed after its submission', async () => {
    const { id, p } = await parties(server);
    const first = await p('POST', '/v1/jobs', job('j'));
    await early(id, 'j', 'complete');
    expect((await p('POST', '/v1/jobs', job('j'))).body).toEqual(first.body);
  });
});

describe('a job with a waiting outcome', () => {
  test('is returned as awaiting until it is submitted, and as 404 to a project key', async () => {
    const { id, p, organization } = await parties(server);
    const sent = Date.now();
    await service('POST', '/v1/jobs/j/complete', { organizationId: id, usage: { pages: 7 } });
    await service('POST', '/v1/jobs/k/fail', { organizationId: id, reason: 'incomplete' });
    const path = `/v1/jobs/j?organizationId=${id}`;
    for (const call of [service, caller(server, 'operator'), organization]) {
      const { status, body } = await call('GET', path);
      expect([status, body]).toEqual([
        200,
        {
          jobId: 'j',
          organizationId: id,
          status: 'awaiting',
          state: 'awaiting',
          outcome: 'completed',
          usage: { pages: 7 },
          since: expect.any(String),
          until: expect.any(String),
        },
      ]);
      expect(Math.abs(Date.parse(body.since) - sent)).toBeLessThan(60_000);
      expect(Date.parse(body.until) - Date.parse(body.since)).toBe(35 * 86_400_000);
    }
    expect((await organization('GET', '/v1/jobs/k')).body).toMatchObject({
      state: 'awaiting',
      outcome: 'failed',
      reason: 'incomplete',
    });
    expect(await p('GET', '/v1/jobs/j')).toMatchObject({ status: 404, body: { code: 'not_found' } });
    expect((await service('GET', `/v1/jobs/none?organizationId=${id}`)).status).toBe(404);
    expect((await service('POST', '/v1/jobs/j/heartbeat', { organizationId: id })).body).toMatchObject({
      status: 'awaiting',
    });
    expect((await organization('DELETE', '/v1/jobs/j/details')).status).toBe(404);
    expect((await organization('GET', '/v1/jobs')).body.data).toEqual([]);
    await p('POST', '/v1/jobs', job('j'));
    expect((await organization('GET', '/v1/jobs/j')).body).toMatchObject({ status: 'consumed', consumed: 7 });
  });
});
