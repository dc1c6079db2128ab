import { balanceOf, caller, eventually, organizationWith } from '../support/callers';
import { removeDirectories, startStandalone, type Standalone } from '../support/server';

const CATALOGS = {
  leapocr: 'catalogs/leapocr.yaml',
  ocriva: 'catalogs/ocriva.yaml',
  layers: 'catalogs/iteration-layer.yaml',
};
const servers: Partial<Record<keyof typeof CATALOGS, Standalone>> = {};
const serverOf = (name: keyof typeof CATALOGS): Standalone => servers[name]!;

beforeAll(async () => {
  const names = Object.keys(CATALOGS) as (keyof typeof CATALOGS)[];
  const start = async (name: keyof typeof CATALOGS) => {
    servers[name] = await startStandalone(undefined, { flags: ['--catalog', CATALOGS[name]] });
  };
  await Promise.all(names.map(start));
}, 60_000);

afterAll(async () => {
  for (const server of Object.values(servers)) expect(await server.process.stop()).toBe(0);
  removeDirectories();
});

const files = (count: number, file: object) => Array.from({ length: count }, () => file);
const page = { type: 'pdf', pages: 1 };
const structured = ['structured-output'];
const custom = ['custom-instructions'];

test('every event says which request led to it', async () => {
  const server = serverOf('leapocr');
  const organizationId = await organizationWith(server, 100);
  const service = caller(server, 'service');
  const post = (path: string, correlationId: string, body: object) =>
    service('POST', `/v1/jobs${path}`, { organizationId, ...body }, { 'x-correlation-id': correlationId });
  await post('', 'asked', { id: 'traced', operation: 'standard-v2', usage: { pages: 3 } });
  await post('/traced/complete', 'ended', { usage: { pages: 1 } });
  const { body } = await caller(server, 'operator')('GET', `/v1/organizations/${organizationId}/events`);
  const ids = body.data.map((event: { type: string; metadata: { correlationId?: string } }) => [
    event.type,
    event.metadata.correlationId,
  ]);
  expect(ids.slice(-3)).toEqual([
    ['CreditsReserved', 'asked'],
    ['CreditsConsumed', 'ended'],
    ['CreditsRefunded', 'ended'],
  ]);
});

describe('what the vendors’ pages charge', () => {
  test.each<[keyof typeof CATALOGS, string, object, number]>([
    ['leapocr', '100-page contract', { operation: 'standard-v2', usage: { pages: 100 } }, 100],
    ['leapocr', '50-page manual', { operation: 'pro-v2', usage: { pages: 50 } }, 150],
    [
      'leapocr',
      '20 invoices with JSON',
      { operation: 'standard-v2', usage: { files: files(20, page) }, features: structured },
      40,
    ],
    [
      'leapocr',
      '100 forms with custom validation',
      { operation: 'pro-v2', usage: { files: files(100, page) }, features: custom },
      400,
    ],
    [
      'leapocr',
      'both features, charged once',
      { operation: 'standard-v2', usage: { pages: 10 }, features: [...structured, ...custom] },
      20,
    ],
    ['ocriva', 'a file by GPT-4o-mini', { operation: 'gpt-4o-mini', usage: { files: [page] } }, 1],
    ['ocriva', 'a file by GPT-4o', { operation: 'gpt-4o', usage: { files: [page] } }, 5],
    ['ocriva', 'a file by Claude Haiku', { operation: 'claude-haiku', usage: { files: [page] } }, 2],
    [
      'layers',
      'extraction sums pages over files',
      {
        operation: 'document-extraction',
        usage: { files: [{ type: 'pdf', pages: 10 }, { type: 'png' }, { type: 'docx' }] },
      },
      12,
    ],
    ['layers', 'an image generated', { operation: 'image-generation' }, 2],
  ])('%s: %s', async (name, _, job, credits) => {
    const server = serverOf(name);
    const organizationId = await organizationWith(server, 1_000);
    const service = caller(server, 'service');
    const previewed = await service('POST', '/v1/preview', { ...job, organizationId });
    expect(previewed).toMatchObject({ status: 200, body: { accepted: true, credits } });
    const submitted = await service('POST', '/v1/jobs', { id: 'job', organizationId, ...job });
    expect(submitted).toMatchObject({ status: 202, body: { jobId: 'job', status: 'reserved', credits } });
    const drawn = submitted.body.draws.reduce((sum: number, draw: { credits: number }) => sum + draw.credits, 0);
    expect(drawn).toBe(credits);
    const completed = await service('POST', '/v1/jobs/job/complete', { organizationId });
    expect(completed).toMatchObject({
      status: 200,
      body: { status: 'consumed', consumed: credits, refunded: 0 },
    });
  });
});

describe('a "no"', () => {
  test('credits run out: the page’s own 402, and nothing moves', async () => {
    const server = serverOf('leapocr');
    const organizationId = await organizationWith(server, 10);
    const job = { id: 'big', organizationId, operation: 'standard-v2', usage: { pages: 11 } };
    const { status, body } = await caller(server, 'service')('POST', '/v1/jobs', job);
    expect(status).toBe(402);
    expect(body).toMatchObject({
      success: false,
      error: 'Insufficient credits',
      billing_url: 'https://leapocr.example/billing',
      code: 'insufficient_credits',
      required: 11,
      available: 10,
      decision: { stream: `credits-${organizationId}`, revision: 1 },
    });
    expect(await balanceOf(server, organizationId)).toMatchObject({
      available: 10,
      reserved: 0,
      revision: 1,
    });
    // A refusal is no outcome: with fewer pages the same id may be submitted.
    const smaller = await caller(server, 'service')('POST', '/v1/jobs', { ...job, usage: { pages: 10 } });
    expect(smaller.status).toBe(202);
  });

  test('a project’s cap: the page’s other 402, until the cap is raised', async () => {
    const server = serverOf('layers');
    const organizationId = await organizationWith(server, 1_000);
    const cap = (budgetCap: number | null) =>
      caller(server, 'operator')('PUT', `/v1/organizations/${organizationId}/projects/capped`, { budgetCap });
    expect(await cap(5)).toMatchObject({ status: 200, body: { budgetCap: 5, used: 0 } });
    const submit = (id: string) =>
      caller(server, 'service')('POST', '/v1/jobs', {
        id,
        organizationId,
        projectId: 'capped',
        operation: 'image-generation',
      });
    expect([(await submit('a')).status, (await submit('b')).status]).toEqual([202, 202]);
    const { status, body } = await submit('c');
    expect(status).toBe(402);
    expect(body).toMatchObject({
      success: false,
      error: 'Budget cap exceeded',
      maximum: 5,
      used: 4,
      required: 2,
    });
    expect(body).not.toHaveProperty('billing_url');
    await caller(server, 'service')('POST', '/v1/jobs/a/fail', { organizationId });
    expect((await submit('c')).status).toBe(202);
    await cap(null);
    expect((await submit('d')).status).toBe(202);
  });

  test('a plan’s limit of requests: 403 even with credits left; a failed job gives its count back', async () => {
    const server = serverOf('ocriva');
    const organizationId = await organizationWith(server, 1_000);
    const service = caller(server, 'service');
    const job = (id: string) => ({ id, organizationId, operation: 'gemini-flash', usage: { files: [page] } });
    const jobs = Array.from({ length: 101 }, (_, index) => job(`job-${index}`));
    const { results } = (await service('POST', '/v1/jobs/batch', { jobs })).body as {
      results: Record<string, unknown>[];
    };
    expect(results.slice(0, 100).every(({ status }) => status === 'reserved')).toBe(true);
    expect(results[100]).toMatchObject({ status: 403, limit: 'maxRequestClassA', maximum: 100, used: 100 });
    await service('POST', '/v1/jobs/job-7/fail', { organizationId });
    expect((await service('POST', '/v1/jobs', job('job-100'))).status).toBe(202);
  });

  test('50 files on 30 credits are 30 accepted and 20 refused, in a batch and in its preview', async () => {
    const server = serverOf('ocriva');
    const organizationId = await organizationWith(server, 30);
    const service = caller(server, 'service');
    const jobs = Array.from({ length: 50 }, (_, index) => ({
      id: `file-${index}`,
      organizationId,
      operation: 'gpt-4o-mini',
      usage: { files: [page] },
    }));
    const nameless = jobs.map(({ id: _id, ...rest }) => rest);
    const previewed = (await service('POST', '/v1/preview', { jobs: nameless })).body.results as {
      accepted: boolean;
    }[];
    expect(previewed.map(({ accepted }) => accepted)).toEqual([...Array(30).fill(true), ...Array(20).fill(false)]);
    expect(await balanceOf(server, organizationId)).toMatchObject({ available: 30, reserved: 0 });
    const { results } = (await service('POST', '/v1/jobs/batch', { jobs })).body as {
      results: { status: unknown }[];
    };
    expect(results.map(({ status }) => status)).toEqual([...Array(30).fill('reserved'), ...Array(20).fill(402)]);
    expect(await balanceOf(server, organizationId)).toMatchObject({ available: 0, reserved: 30 });
  });

  test('a trial begins with the operation’s first use, and is drawn first', async () => {
    const server = serverOf('layers');
    const organizationId = await organizationWith(server, 0);
    const service = caller(server, 'service');
    const job = { id: 'first', organizationId, operation: 'image-transformation' };
    expect((await service('POST', '/v1/preview', job)).body).toMatchObject({
      accepted: true,
      available: 150,
    });
    expect((await service('POST', '/v1/jobs', job)).body).toMatchObject({
      draws: [{ kind: 'trial', credits: 1 }],
    });
    const { body } = await service('GET', `/v1/organizations/${organizationId}`);
    expect(body.billing).toMatchObject({ credits: 0, reserved: 1 });
    expect(body.billing.trials).toContainEqual({
      operation: 'image-transformation',
      credits: 150,
      available: 149,
      state: 'running',
    });
  });
});

describe('the same again', () => {
  test('a repeated submission gets the first answer, another job under its id a conflict', async () => {
    const server = serverOf('leapocr');
    const organizationId = await organizationWith(server, 100);
    const service = caller(server, 'service');
    const job = { id: 'job', organizationId, operation: 'pro-v2', usage: { pages: 3 }, features: structured };
    const first = await service('POST', '/v1/jobs', job);
    const again = await service('POST', '/v1/jobs', { ...job, reference: 'details are not compared' });
    expect([first.status, again.status]).toEqual([202, 200]);
    expect(again.body).toEqual(first.body);
    for (const other of [
      { usage: { pages: 4 } },
      { operation: 'standard-v2' },
      { features: [] },
      { projectId: 'other' },
    ])
      expect(await service('POST', '/v1/jobs', { ...job, ...other })).toMatchObject({
        status: 409,
        body: { code: 'job_conflict' },
      });
    expect(await balanceOf(server, organizationId)).toMatchObject({ available: 88, reserved: 12 });
  });

  test('fewer pages give the rest back, more are drawn beyond; a repeated end moves nothing', async () => {
    const server = serverOf('leapocr');
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

  test('an end that comes before its job waits for it', async () => {
    const server = serverOf('leapocr');
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

  test('a job from before the window is refused, never charged again', async () => {
    const server = serverOf('leapocr');
    const organizationId = await organizationWith(server, 100);
    const old = {
      id: '0190163d-8694-739b-aea5-966c26f8ad91',
      organizationId,
      operation: 'standard-v2',
      usage: { pages: 1 },
    };
    expect(await caller(server, 'service')('POST', '/v1/jobs', old)).toMatchObject({
      status: 409,
      body: { code: 'stale_job' },
    });
    expect(await balanceOf(server, organizationId)).toMatchObject({ available: 100, reserved: 0 });
  });

  test('heartbeats answer until when the credits are kept', async () => {
    const server = serverOf('leapocr');
    const organizationId = await organizationWith(server, 100);
    const service = caller(server, 'service');
    await service('POST', '/v1/jobs', {
      id: 'alive',
      organizationId,
      operation: 'standard-v2',
      usage: { pages: 1 },
    });
    const beat = await service('POST', '/v1/jobs/alive/heartbeat', { organizationId });
    expect(beat).toMatchObject({
      status: 200,
      body: { status: 'reserved', expiresAt: expect.stringMatching(/Z$/) },
    });
    expect((await service('POST', '/v1/jobs/nobody/heartbeat', { organizationId })).status).toBe(404);
  });
});

test('the list of jobs, page by page, names each once, even those of one instant', async () => {
  const server = serverOf('leapocr');
  const organizationId = await organizationWith(server, 100);
  const service = caller(server, 'service');
  const jobs = Array.from({ length: 30 }, (_, index) => ({
    id: `list-${index}`,
    organizationId,
    operation: 'standard-v2',
    usage: { pages: 1 },
  }));
  await service('POST', '/v1/jobs/batch', { jobs });
  const list = async (query: string) =>
    (await service('GET', `/v1/jobs?organizationId=${organizationId}${query}`)).body;
  await eventually(
    () => list('&limit=100'),
    ({ data }) => data.length === 30,
  );
  const seen: string[] = [];
  let cursor = '';
  do {
    const page = await list(`&limit=7${cursor}`);
    seen.push(...page.data.map(({ jobId }: { jobId: string }) => jobId));
    cursor = page.nextCursor && `&cursor=${page.nextCursor}`;
  } while (cursor);
  expect(seen.sort()).toEqual(jobs.map(({ id }) => id).sort());
  expect((await list('&status=consumed')).data).toEqual([]);
  expect((await list('&project=default&operation=standard-v2&status=reserved&limit=100')).data).toHaveLength(30);
});
