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

const operator = (...call: Parameters<ReturnType<typeof caller>>) => caller(server, 'operator')(...call);
const service = (...call: Parameters<ReturnType<typeof caller>>) => caller(server, 'service')(...call);
const submit = (organizationId: string, id: string, pages: number, more: object = {}) =>
  service('POST', '/v1/jobs', { id, organizationId, operation: 'standard-v2', usage: { pages }, ...more });
const complete = (organizationId: string, id: string) => service('POST', `/v1/jobs/${id}/complete`, { organizationId });

describe('an organization', () => {
  test('is made once, found by its id, and listed', async () => {
    const wanted = { id: 'acme', name: 'Acme', plan: 'starter' };
    expect((await operator('POST', '/v1/organizations', wanted)).status).toBe(201);
    expect((await operator('POST', '/v1/organizations', wanted)).status).toBe(200);
    const other = await operator('POST', '/v1/organizations', { ...wanted, name: 'Someone else' });
    expect(other).toMatchObject({ status: 409, body: { code: 'organization_conflict' } });
    const { body } = await operator('GET', '/v1/organizations/acme');
    expect(body).toMatchObject({
      id: 'acme',
      name: 'Acme',
      plan: 'starter',
      currency: 'USD',
      billing: { credits: 0, reserved: 0 },
    });
    const pages: { id: string }[] = [];
    for (let cursor = ''; ;) {
      const page = (await operator('GET', `/v1/organizations?limit=1${cursor}`)).body;
      pages.push(...page.data);
      if (page.nextCursor === null) break;
      cursor = `&cursor=${page.nextCursor}`;
    }
    expect(pages.map(({ id }) => id)).toEqual(expect.arrayContaining(['acme', 'demo']));
  });
});

describe('grants', () => {
  test('the same Idempotency-Key gives once; without one, or an id, nothing is given', async () => {
    const id = await organizationWith(server, 0);
    const grant = { kind: 'top-up', credits: 100, reason: 'bought' };
    const give = (key?: string) =>
      operator('POST', `/v1/organizations/${id}/grants`, grant, key ? { 'idempotency-key': key } : {});
    const first = await give('purchase-1');
    expect(first.status).toBe(201);
    expect((await give('purchase-1')).body).toEqual(first.body);
    expect((await give('purchase-2')).status).toBe(201);
    expect(await give()).toMatchObject({ status: 422, body: { code: 'idempotency_required' } });
    expect(await balanceOf(server, id)).toMatchObject({ granted: 200 });
  });

  test('a grant by its own id is given once, another amount under it is a conflict', async () => {
    const id = await organizationWith(server, 0);
    const grant = { grantId: 'invoice-7', kind: 'top-up', credits: 100, reason: 'paid' };
    const give = (more: object = {}) => operator('POST', `/v1/organizations/${id}/grants`, { ...grant, ...more });
    expect((await give()).status).toBe(201);
    expect((await give()).status).toBe(200);
    expect(await give({ credits: 101 })).toMatchObject({ status: 409, body: { code: 'grant_conflict' } });
    expect(await balanceOf(server, id)).toMatchObject({ granted: 100 });
  });

  test('revoking takes what is left; what is reserved stays with its job', async () => {
    const id = await organizationWith(server, 0);
    const grant = { grantId: 'promo', kind: 'promotional', credits: 100, reason: 'a gift' };
    await operator('POST', `/v1/organizations/${id}/grants`, grant);
    await submit(id, 'running', 10);
    expect((await operator('DELETE', `/v1/organizations/${id}/grants/promo`)).status).toBe(200);
    expect(await balanceOf(server, id)).toMatchObject({ available: 0, reserved: 10, revoked: 90 });
    await service('POST', '/v1/jobs/running/fail', { organizationId: id });
    expect(await balanceOf(server, id)).toMatchObject({ available: 0, reserved: 0, revoked: 100 });
    expect((await operator('DELETE', `/v1/organizations/${id}/grants/nothing`)).status).toBe(404);
    const { body } = await operator('GET', `/v1/organizations/${id}/grants`);
    expect(body.data).toMatchObject([{ grantId: 'promo', kind: 'promotional', credits: 100 }]);
  });

  test('an expired grant is gone from the next look on', async () => {
    const id = await organizationWith(server, 0);
    const expiresAt = new Date(Date.now() + 1_000).toISOString();
    await operator('POST', `/v1/organizations/${id}/grants`, {
      grantId: 'short',
      kind: 'package',
      credits: 50,
      reason: 'short',
      expiresAt,
    });
    expect(await balanceOf(server, id)).toMatchObject({ available: 50 });
    const seen = await eventually(
      () => balanceOf(server, id),
      (balance) => balance['expired'] === 50,
    );
    expect(seen).toMatchObject({ available: 0, granted: 50 });
  });
});

describe('the cap of a key', () => {
  test('is given as `cap`, at first and later; the former name is as good, both together are not', async () => {
    const id = await organizationWith(server, 100);
    const keys = `/v1/organizations/${id}/keys`;
    const made = await operator('POST', keys, { role: 'project', projectId: 'p', name: 'k', cap: 5 });
    expect(made).toMatchObject({ status: 201, body: { budgetCap: 5 } });
    const change = (body: object) => operator('PUT', `${keys}/${made.body.keyId}`, body);
    expect(await change({ cap: 7 })).toMatchObject({ status: 200, body: { budgetCap: 7 } });
    expect(await change({ budgetCap: 8 })).toMatchObject({ status: 200, body: { budgetCap: 8 } });
    expect(await change({ cap: null })).toMatchObject({ status: 200, body: { budgetCap: null } });
    expect(await change({ cap: 1, budgetCap: 2 })).toMatchObject({
      status: 422,
      body: { errors: [{ field: 'budgetCap', rule: 'alone' }] },
    });
  });
});

describe('what is known of the past', () => {
  test('the balance at any revision and any time adds up, and reading waits for what was written', async () => {
    const id = await organizationWith(server, 100);
    await submit(id, 'one', 10);
    const afterOne = new Date().toISOString();
    const { revision } = (await complete(id, 'one')).body;
    const at = (query: string) => operator('GET', `/v1/organizations/${id}/balance?${query}`);
    for (let past = 0; past <= revision; past++) {
      const { body } = await at(`atRevision=${past}`);
      expect(body.granted).toBe(body.available + body.reserved + body.consumed + body.expired + body.revoked);
      expect(body.revision).toBe(past);
    }
    expect((await at('atRevision=1')).body).toMatchObject({ granted: 100, available: 100 });
    expect((await at('atRevision=2')).body).toMatchObject({ available: 90, reserved: 10 });
    expect((await at(`at=${afterOne}`)).body).toMatchObject({ granted: 100, asOf: afterOne });
    expect((await at(`atLeastRevision=${revision}`)).body).toMatchObject({ consumed: 10, revision });
    expect(await at(`atLeastRevision=${revision + 1}`)).toMatchObject({ status: 409, body: { revision } });
    for (const list of [
      `organizations/${id}/history?`,
      `organizations/${id}/usage?`,
      `organizations/${id}/grants?`,
      `organizations/${id}/events?`,
      `jobs?organization=${id}&`,
    ])
      expect(await operator('GET', `/v1/${list}atLeastRevision=${revision + 1}`)).toMatchObject({
        status: 409,
        body: { code: 'revision_not_reached', revision },
      });
    expect(await at(`atRevision=${revision + 1}`)).toMatchObject({
      status: 409,
      body: { code: 'revision_not_reached' },
    });
    expect((await at('at=2001-01-01T00:00:00Z')).status).toBe(404);
  });

  test('history: newest first, with the reference, filtered and paged', async () => {
    const id = await organizationWith(server, 100);
    await submit(id, 'a', 10, { reference: 'contract.pdf', projectId: 'legal' });
    await submit(id, 'b', 5);
    const { revision } = (await complete(id, 'a')).body;
    const read = async (query: string) =>
      (await operator('GET', `/v1/organizations/${id}/history?atLeastRevision=${revision}&${query}`)).body;
    const all = await read('');
    expect(all.data.map(({ kind, credits }: { kind: string; credits: number }) => [kind, credits])).toEqual([
      ['consume', 10],
      ['reserve', 5],
      ['reserve', 10],
      ['grant', 100],
    ]);
    expect(all.data[0]).toMatchObject({
      operation: 'standard-v2',
      projectId: 'legal',
      jobId: 'a',
      reference: 'contract.pdf',
    });
    expect((await read('kind=grant')).data).toHaveLength(1);
    expect((await read('project=legal')).data).toHaveLength(2);
    expect((await read('operation=pro-v2')).data).toHaveLength(0);
    expect((await read('to=2020-01-01T00:00:00Z')).data).toHaveLength(0);
    const first = await read('limit=3');
    const second = await read(`limit=3&cursor=${first.nextCursor}`);
    expect([...first.data, ...second.data]).toEqual(all.data);
    expect(second.nextCursor).toBeNull();
  });

  test('usage by project and day; the raw stream, page by page', async () => {
    const id = await organizationWith(server, 100);
    await submit(id, 'a', 10, { projectId: 'p' });
    await submit(id, 'b', 4, { projectId: 'q' });
    await complete(id, 'a');
    const { revision } = (await service('POST', '/v1/jobs/b/fail', { organizationId: id })).body;
    const today = new Date().toISOString().slice(0, 10);
    const usage = (query: string) =>
      operator('GET', `/v1/organizations/${id}/usage?atLeastRevision=${revision}&${query}`);
    expect((await usage('groupBy=project,day')).body.data).toEqual([
      {
        projectId: 'p',
        day: today,
        jobs: 1,
        reserved: 10,
        consumed: 10,
        refunded: 0,
        writtenOff: 0,
        overage: 0,
      },
      {
        projectId: 'q',
        day: today,
        jobs: 1,
        reserved: 4,
        consumed: 0,
        refunded: 4,
        writtenOff: 0,
        overage: 0,
      },
    ]);
    expect((await usage('')).body.data).toMatchObject([{ jobs: 2, reserved: 14, consumed: 10, refunded: 4 }]);
    expect((await usage(`from=${today}T00:00:00Z&project=p`)).body.data).toMatchObject([{ jobs: 1, consumed: 10 }]);
    const types: string[] = [];
    let cursor = '';
    do {
      const page = (await operator('GET', `/v1/organizations/${id}/events?limit=2${cursor}`)).body;
      types.push(...page.data.map(({ type }: { type: string }) => type));
      cursor = page.nextCursor && `&cursor=${page.nextCursor}`;
    } while (cursor);
    expect(types).toEqual([
      'OrganizationOpened',
      'CreditsGranted',
      'CreditsReserved',
      'CreditsReserved',
      'CreditsConsumed',
      'CreditsRefunded',
    ]);
  });
});

describe('job details', () => {
  const job = {
    reference: 'passport.pdf',
    metadata: { customer: 42 },
    usage: { files: [{ type: 'pdf', pages: 2, name: 'scan.pdf' }] },
  };
  const look = async (id: string, jobId: string) =>
    (await service('GET', `/v1/jobs/${jobId}?organizationId=${id}`)).body.details;

  test('are shown while they are kept, deleted by hand, and do not come back', async () => {
    const id = await organizationWith(server, 100);
    await submit(id, 'a', 0, job);
    expect(await look(id, 'a')).toEqual({
      reference: 'passport.pdf',
      metadata: { customer: 42 },
      files: ['scan.pdf'],
    });
    expect((await service('DELETE', `/v1/jobs/a/details?organizationId=${id}`)).status).toBe(200);
    expect(await look(id, 'a')).toBe('details deleted');
    expect((await submit(id, 'a', 0, job)).status).toBe(200);
    expect(await look(id, 'a')).toBe('details deleted');
    await complete(id, 'a');
    expect(await balanceOf(server, id)).toMatchObject({ consumed: 2 });
  });

  test('go with the job’s end where the window is 0, and with a change of the window', async () => {
    const id = await organizationWith(server, 100);
    const isGone = (details: unknown) => details === 'details deleted';
    await submit(id, 'kept', 0, job);
    await complete(id, 'kept');
    const settings = await operator('PUT', `/v1/organizations/${id}/settings`, { retentionDays: 0 });
    expect(settings.body).toMatchObject({ retentionDays: 0 });
    await eventually(() => look(id, 'kept'), isGone);
    await submit(id, 'short', 0, job);
    expect(await look(id, 'short')).toMatchObject({ reference: 'passport.pdf' });
    await complete(id, 'short');
    await eventually(() => look(id, 'short'), isGone);
  });

  test('of a refused job are not kept, and no stream, history or refusal names them', async () => {
    const id = await organizationWith(server, 1);
    expect((await submit(id, 'refused', 0, job)).status).toBe(402);
    await submit(id, 'taken', 0, { ...job, usage: { files: [{ type: 'pdf', pages: 1, name: 'scan.pdf' }] } });
    const { body: events } = await operator('GET', `/v1/organizations/${id}/events`);
    const { body: refusals } = await operator('GET', `/v1/ops/organizations/${id}/refusals`);
    expect(refusals.data).toMatchObject([
      { jobId: 'refused', code: 'insufficient_credits', required: 2, available: 1 },
    ]);
    expect(JSON.stringify([events, refusals])).not.toMatch(/passport|scan\.pdf|customer/);
    expect(server.process.out + server.process.err).not.toMatch(/passport|scan\.pdf/);
    expect((await service('GET', `/v1/jobs/refused?organizationId=${id}`)).status).toBe(404);
  });
});

describe('settings and operations', () => {
  test('what is left out stays as it is', async () => {
    const id = await organizationWith(server, 0, { plan: 'starter' });
    const put = (body: object) => operator('PUT', `/v1/organizations/${id}/settings`, body);
    const first = (await put({})).body;
    expect(first).toMatchObject({
      retentionDays: 7,
      overage: 'none',
      autoOverage: false,
      alertThresholds: [100, 20],
    });
    await put({ retentionDays: 30 });
    const { body } = await put({ alertThresholds: [5, 50] });
    expect(body).toMatchObject({ retentionDays: 30, alertThresholds: [50, 5], plan: 'starter' });
  });

  test('a view is rebuilt beside the one that is served', async () => {
    expect((await operator('POST', '/v1/ops/views/nothing/rebuild')).status).toBe(404);
    expect((await operator('POST', '/v1/ops/views/balances/rebuild')).status).toBe(202);
    const views = await eventually(
      async () => (await operator('GET', '/v1/ops/views')).body.data as { name: string; rebuilding?: object }[],
      (all) => all.every(({ rebuilding }) => rebuilding === undefined),
    );
    expect(views.map(({ name }) => name)).toEqual(['balances', 'grants', 'history', 'usage', 'jobs']);
    const { body } = await operator('GET', '/v1/ops/organizations?limit=1000');
    expect(body.data).toContainEqual(expect.objectContaining({ organizationId: 'demo', granted: expect.any(Number) }));
    expect((await operator('GET', '/v1/ops/parked-organizations')).body).toEqual({
      data: [],
      nextCursor: null,
    });
    const released = await operator('POST', '/v1/ops/parked-organizations/demo/release');
    expect(released.body).toEqual({ organizationId: 'demo', state: 'running', decided: 0 });
  });

  test('the catalog is shown as it is configured', async () => {
    const { body } = await service('GET', '/v1/catalog');
    expect(body).toMatchObject({
      id: 'leapocr',
      operations: [{ id: 'standard-v2', unit: 'page', credits: 1 }, { id: 'pro-v2' }],
    });
  });
});
