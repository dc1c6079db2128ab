import { balanceOf, caller, eventually } from '../support/callers';
import { parties } from './support/parties';
import { useServer, withCatalog } from '../support/use-server';

const STRUCTURED = { 'content-type': 'application/cloudevents+json' };
const server = useServer({
  ...withCatalog('leapocr'),
  environment: { TALLY_PROJECT_KEYS_MAY_END_JOBS: 'on' },
});

const job = (id: string, pages = 10) => ({ id, operation: 'standard-v2', usage: { pages } });
const event = (type: string, data: object) => ({
  specversion: '1.0',
  id: `${type}-${Math.random()}`,
  source: 'test',
  type: `tallystick.job.${type}`,
  data,
});

const service = caller(server, 'service');
const FORBIDDEN = {
  status: 403,
  body: {
    code: 'forbidden',
    title: 'The key may not do this',
    detail: expect.stringContaining('TALLY_PROJECT_KEYS_MAY_END_JOBS=on'),
  },
};
type ApiCaller = ReturnType<typeof caller>;

describe('with TALLY_PROJECT_KEYS_MAY_END_JOBS=on', () => {
  test('a project key reports outcomes for the jobs of its project', async () => {
    const { p, organization } = await parties(server);
    for (const id of ['a', 'b', 'c']) await p('POST', '/v1/jobs', job(id));
    expect((await p('POST', '/v1/jobs/a/heartbeat', {})).body).toMatchObject({ status: 'reserved' });
    expect((await p('POST', '/v1/jobs/a/complete', { usage: { pages: 9 } })).body).toMatchObject({ consumed: 9 });
    const outcomes = [{ id: 'b', outcome: 'failed' }];
    expect((await p('POST', '/v1/jobs/outcomes', { outcomes })).body.results).toMatchObject([{ status: 'refunded' }]);
    expect((await p('POST', '/v1/events', event('completed', { id: 'c' }), STRUCTURED)).status).toBe(202);
    await eventually(
      () => p('GET', '/v1/jobs/c'),
      ({ body }) => body.status === 'consumed',
    );
    expect(await organization('POST', '/v1/jobs/a/fail', {})).toMatchObject(FORBIDDEN);
  });

  test('a job of another project gets 404', async () => {
    const { id, p, q } = await parties(server);
    await p('POST', '/v1/jobs', job('j'));
    const none = { status: 404, body: { code: 'not_found', title: 'There is no such thing' } };
    for (const path of ['complete', 'fail', 'heartbeat'])
      expect(await q('POST', `/v1/jobs/j/${path}`, {})).toMatchObject({
        ...none,
        body: expect.not.objectContaining({ decision: expect.anything() }),
      });
    const outcomes = [{ id: 'j', outcome: 'failed' }];
    expect((await q('POST', '/v1/jobs/outcomes', { outcomes })).body.results).toMatchObject([
      { status: 404, httpStatus: 404 },
    ]);
    expect(await q('POST', '/v1/events', event('failed', { id: 'j' }), STRUCTURED)).toMatchObject(none);
    expect(await balanceOf(server, id)).toMatchObject({ reserved: 10 });
  });

  test.each([
    ['by HTTP', (call: ApiCaller, id: string) => call('POST', `/v1/jobs/${id}/fail`, {})],
    [
      'in a batch',
      (call: ApiCaller, id: string) => call('POST', '/v1/jobs/outcomes', { outcomes: [{ id, outcome: 'failed' }] }),
    ],
    ['as an event', (call: ApiCaller, id: string) => call('POST', '/v1/events', event('failed', { id }), STRUCTURED)],
  ])('an outcome that it reports %s before the job does not apply to another project', async (_, fail) => {
    const { id, p, q, organization } = await parties(server);
    await fail(q, 'j');
    // It sees its own waiting outcomes only.
    await eventually(
      () => q('GET', '/v1/jobs/j'),
      ({ status }) => status === 200,
    );
    expect((await q('GET', '/v1/jobs/j')).body).toMatchObject({ state: 'awaiting', outcome: 'failed', projectId: 'q' });
    expect((await p('GET', '/v1/jobs/j')).status).toBe(404);
    expect((await organization('GET', '/v1/jobs/j')).body).toMatchObject({ state: 'awaiting', projectId: 'q' });
    const submitted = await p('POST', '/v1/jobs', job('j'));
    expect(submitted).toMatchObject({ status: 202, body: { status: 'reserved' } });
    expect((await q('GET', '/v1/jobs/j')).status).toBe(404);
    // A service sees its own waiting outcome, even if other outcomes wait for the same job.
    await q('POST', '/v1/jobs/k/fail', {});
    await service('POST', '/v1/jobs/k/complete', { organizationId: id });
    expect((await organization('GET', '/v1/jobs/k')).body).toMatchObject({ outcome: 'completed' });
    const done = await service('POST', '/v1/jobs/j/complete', { organizationId: id, usage: { pages: 9 } });
    expect(done.body).toMatchObject({ status: 'consumed', consumed: 9 });
    expect(await balanceOf(server, id)).toMatchObject({ available: 91, reserved: 0, consumed: 9 });
  });

  test('an outcome that it reports before the job applies to its own project', async () => {
    const { p } = await parties(server);
    expect((await p('POST', '/v1/jobs/j/complete', { usage: { pages: 4 } })).status).toBe(202);
    const submitted = await p('POST', '/v1/jobs', job('j'));
    expect(submitted.body).toMatchObject({ status: 'consumed', consumed: 4, outcomeWasWaiting: true });
  });
});
