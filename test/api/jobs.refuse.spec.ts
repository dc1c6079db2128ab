import { balanceOf, caller, organizationWith } from '../support/callers';
import { parties } from './support/parties';
import { useServer, withCatalog } from '../support/use-server';

const leapocr = useServer(withCatalog('leapocr'));
const ocriva = useServer(withCatalog('ocriva'));
const layers = useServer(withCatalog('iteration-layer'));
const page = { type: 'pdf', pages: 1 };
const job = (id: string, pages = 10) => ({ id, operation: 'standard-v2', usage: { pages } });

describe('a submission is refused', () => {
  test('with the vendor’s 402 when credits are missing, and moves nothing', async () => {
    const server = leapocr;
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
    // A refusal stores nothing: the same id can be submitted again with fewer pages.
    const smaller = await caller(server, 'service')('POST', '/v1/jobs', { ...job, usage: { pages: 10 } });
    expect(smaller.status).toBe(202);
  });

  test('with the vendor’s other 402 when the budget cap is reached, until the cap is raised', async () => {
    const server = layers;
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

  test('with 403 when the request limit of the plan is reached; a failed job no longer counts', async () => {
    const server = ocriva;
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

  test('for 20 of 50 files when there are 30 credits, in a batch and in its preview', async () => {
    const server = ocriva;
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

  test('not while a trial has credits: it starts with the first use of the operation and is drawn first', async () => {
    const server = layers;
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

test('a job older than the window is refused and never charged again', async () => {
  const server = leapocr;
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

test('a job that is too expensive is refused with the offers of the catalog', async () => {
  const { p } = await parties(leapocr);
  const { status, body } = await p('POST', '/v1/jobs', job('expensive', 101));
  expect([status, body]).toMatchObject([
    402,
    { success: false, error: 'Insufficient credits', billing_url: 'https://leapocr.example/billing' },
  ]);
  expect(body.detail).toBe('The job needs 101 credits and 100 are available. Buy a top-up or subscribe to a plan.');
});
