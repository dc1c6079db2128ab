import { balanceOf, caller, eventually, organizationWith } from '../support/callers';
import { removeDirectories, startStandalone, type Standalone } from '../support/server';

// Who may say how jobs ended, and what becomes of outcomes that come before their job.

const STRUCTURED = { 'content-type': 'application/cloudevents+json' };
const BATCHED = { 'content-type': 'application/cloudevents-batch+json' };
const flags = ['--catalog', 'catalogs/leapocr.yaml'];

let server: Standalone;
afterAll(removeDirectories);

const job = (id: string, pages = 10) => ({ id, operation: 'standard-v2', usage: { pages } });
const event = (type: string, data: object) => ({
  specversion: '1.0',
  id: `${type}-${Math.random()}`,
  source: 'test',
  type: `tallystick.job.${type}`,
  data,
});
const service = (method: string, path: string, body?: unknown, headers?: Record<string, string>) =>
  caller(server, 'service')(method, path, body, headers);

/** An organization of 100 credits with a key of each of two projects, and one of the organization. */
async function parties() {
  const id = await organizationWith(server, 100);
  const make = async (body: object) => {
    const made = await caller(server, 'operator')('POST', `/v1/organizations/${id}/keys`, body);
    return caller(server, made.body as { key: string });
  };
  const [p, q, organization] = await Promise.all([
    make({ projectId: 'p' }),
    make({ projectId: 'q' }),
    make({ role: 'organization' }),
  ]);
  return { id, p, q, organization };
}

const FORBIDDEN = {
  status: 403,
  body: {
    code: 'forbidden',
    title: 'The key may not do this',
    detail: expect.stringContaining('TALLY_PROJECT_KEYS_MAY_END_JOBS=on'),
  },
};

describe('as installed', () => {
  beforeAll(async () => {
    server = await startStandalone(undefined, { flags });
  }, 60_000);
  afterAll(async () => expect(await server.process.stop()).toBe(0));

  test.each<[string, string, object?, Record<string, string>?]>([
    ['completing', '/v1/jobs/j/complete', {}],
    ['failing', '/v1/jobs/j/fail', {}],
    ['failing, with a wrong body as well', '/v1/jobs/j/fail', { reason: 4 }],
    ['a heartbeat', '/v1/jobs/j/heartbeat', {}],
    ['failing a job that is not there', '/v1/jobs/none/fail', {}],
    ['outcomes of many', '/v1/jobs/outcomes', { outcomes: [{ id: 'j', outcome: 'failed' }] }],
    ['outcomes of many, with a wrong body as well', '/v1/jobs/outcomes', {}],
    ...['completed', 'failed', 'heartbeat', 'delivery-failed'].map(
      (type): [string, string, object, Record<string, string>] => [
        `an event ${type}`,
        '/v1/events',
        event(type, { id: 'j' }),
        STRUCTURED,
      ],
    ),
    ['an event among others', '/v1/events', [event('submitted', job('k')), event('failed', { id: 'j' })], BATCHED],
    ['an event without data', '/v1/events', { ...event('failed', {}), data: null }, STRUCTURED],
  ])('%s takes a service or an operator key', async (_, path, body, headers = {}) => {
    const { id, p, organization } = await parties();
    expect((await p('POST', '/v1/jobs', job('j'))).status).toBe(202);
    for (const call of [p, organization]) expect(await call('POST', path, body, headers)).toMatchObject(FORBIDDEN);
    expect(await balanceOf(server, id)).toMatchObject({ available: 90, reserved: 10 });
  });

  test('the failure of a job by another project, before it is submitted, gives no work for nothing', async () => {
    const { id, p, q } = await parties();
    expect(await q('POST', '/v1/jobs/j/fail', {})).toMatchObject(FORBIDDEN);
    expect((await p('POST', '/v1/jobs', job('j'))).body).toMatchObject({ status: 'reserved' });
    const done = await service('POST', '/v1/jobs/j/complete', { organizationId: id, usage: { pages: 9 } });
    expect(done.body).toMatchObject({ status: 'consumed', consumed: 9, refunded: 1 });
  });

  test('an operator reports outcomes and heartbeats for every organization', async () => {
    const { id, p } = await parties();
    await p('POST', '/v1/jobs', job('j'));
    const operator = caller(server, 'operator');
    expect((await operator('POST', '/v1/jobs/j/heartbeat', { organizationId: id })).status).toBe(200);
    const outcomes = [{ id: 'j', organizationId: id, outcome: 'completed' }];
    const { body } = await operator('POST', '/v1/jobs/outcomes', { outcomes });
    expect(body.results).toMatchObject([{ status: 'consumed', httpStatus: 200 }]);
  });

  test('a project key sends events about submissions as before', async () => {
    const { p } = await parties();
    expect((await p('POST', '/v1/events', event('submitted', job('j')), STRUCTURED)).status).toBe(202);
    await eventually(
      () => p('GET', '/v1/jobs/j'),
      ({ body }) => body.status === 'reserved',
    );
  });

  describe('a submission whose outcome was waiting', () => {
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
    ] as const)('is answered with how it ended, alone and again: %s', async (how, expected) => {
      const { id, p } = await parties();
      expect(await early(id, 'j', how)).toMatchObject({ status: 202, body: { status: 'remembered' } });
      const first = await p('POST', '/v1/jobs', job('j'));
      expect(first).toMatchObject({ status: 202, body: { jobId: 'j', ...expected } });
      const again = await p('POST', '/v1/jobs', job('j'));
      expect(again.status).toBe(200);
      expect(again.body).toEqual(first.body);
    });

    test('in a batch, in its place, and again', async () => {
      const { id, p } = await parties();
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

    test('where it was completed after its submission, the repetition says reserved', async () => {
      const { id, p } = await parties();
      const first = await p('POST', '/v1/jobs', job('j'));
      await early(id, 'j', 'complete');
      expect((await p('POST', '/v1/jobs', job('j'))).body).toEqual(first.body);
    });
  });

  describe('a job whose outcome waits', () => {
    test('is shown as awaiting, until it is submitted; to a project key it does not exist', async () => {
      const { id, p, organization } = await parties();
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

  describe('the results of a batch', () => {
    test('have a title and a status as the answer to the job alone would', async () => {
      const { p } = await parties();
      await p('POST', '/v1/jobs', job('known'));
      const bad = [job('dear', 1_000), { id: 'x', operation: 'none such' }, job('known', 2), { operation: 3 }];
      const alone = await Promise.all(bad.map((one) => p('POST', '/v1/jobs', one)));
      const { results } = (await p('POST', '/v1/jobs/batch', { jobs: [...bad, job('fine')] })).body;
      const problems = alone.map(({ status, body }) => ({
        type: body.type,
        title: body.title,
        status,
        httpStatus: status,
        code: body.code,
        detail: body.detail,
      }));
      expect(problems.map(({ title }) => title)).toEqual([
        'Insufficient credits',
        'The job cannot be rated',
        'Another job has this id',
        'Some members are wrong',
      ]);
      expect(results).toMatchObject([...problems, { jobId: 'fine', status: 'reserved', httpStatus: 202 }]);
    });

    test('of a preview too', async () => {
      const { p } = await parties();
      const jobs = [job('a'), job('dear', 1_000), { operation: 3 }];
      const { results } = (await p('POST', '/v1/preview', { jobs })).body;
      expect(results).toMatchObject([
        { accepted: true, httpStatus: 200 },
        {
          accepted: false,
          httpStatus: 200,
          refusal: { title: 'Insufficient credits', status: 402, httpStatus: 402 },
        },
        { title: 'Some members are wrong', status: 422, httpStatus: 422 },
      ]);
      expect((await p('POST', '/v1/preview', jobs[1])).body.refusal).toMatchObject({
        title: 'Insufficient credits',
        status: 402,
      });
    });

    test('of outcomes too', async () => {
      const { id } = await parties();
      const outcomes = [
        { id: 'a', organizationId: 'none', outcome: 'failed' },
        { id: 'a', outcome: 'failed' },
        { id: 'a', organizationId: id, outcome: 'failed' },
      ];
      const { results } = (await service('POST', '/v1/jobs/outcomes', { outcomes })).body;
      expect(results).toMatchObject([
        { title: 'There is no such organization', status: 404, httpStatus: 404 },
        { title: 'Some members are wrong', status: 422, httpStatus: 422 },
        { status: 'remembered', httpStatus: 202 },
      ]);
    });
  });

  test('a job that costs too much is refused with what this catalog offers', async () => {
    const { p } = await parties();
    const { status, body } = await p('POST', '/v1/jobs', job('dear', 101));
    expect([status, body]).toMatchObject([
      402,
      { success: false, error: 'Insufficient credits', billing_url: 'https://leapocr.example/billing' },
    ]);
    expect(body.detail).toBe('The job needs 101 credits and 100 are available. Buy a top-up or subscribe to a plan.');
  });
});

describe('with TALLY_PROJECT_KEYS_MAY_END_JOBS=on', () => {
  beforeAll(async () => {
    server = await startStandalone(undefined, { flags, environment: { TALLY_PROJECT_KEYS_MAY_END_JOBS: 'on' } });
  }, 60_000);
  afterAll(async () => expect(await server.process.stop()).toBe(0));

  test('a project key ends the jobs of its project', async () => {
    const { p, organization } = await parties();
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

  test('jobs of another project do not exist for it', async () => {
    const { id, p, q } = await parties();
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
      'in a list',
      (call: ApiCaller, id: string) => call('POST', '/v1/jobs/outcomes', { outcomes: [{ id, outcome: 'failed' }] }),
    ],
    ['as an event', (call: ApiCaller, id: string) => call('POST', '/v1/events', event('failed', { id }), STRUCTURED)],
  ])('what it reports early %s does not meet a job of another project', async (_, fail) => {
    const { id, p, q, organization } = await parties();
    await fail(q, 'j');
    // Of its own outcomes it sees what waits, and no one else's.
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
    // Of several that wait, a service sees its own.
    await q('POST', '/v1/jobs/k/fail', {});
    await service('POST', '/v1/jobs/k/complete', { organizationId: id });
    expect((await organization('GET', '/v1/jobs/k')).body).toMatchObject({ outcome: 'completed' });
    const done = await service('POST', '/v1/jobs/j/complete', { organizationId: id, usage: { pages: 9 } });
    expect(done.body).toMatchObject({ status: 'consumed', consumed: 9 });
    expect(await balanceOf(server, id)).toMatchObject({ available: 91, reserved: 0, consumed: 9 });
  });

  test('what it reports early meets the job of its own project', async () => {
    const { p } = await parties();
    expect((await p('POST', '/v1/jobs/j/complete', { usage: { pages: 4 } })).status).toBe(202);
    const submitted = await p('POST', '/v1/jobs', job('j'));
    expect(submitted.body).toMatchObject({ status: 'consumed', consumed: 4, outcomeWasWaiting: true });
  });
});

type ApiCaller = ReturnType<typeof caller>;
