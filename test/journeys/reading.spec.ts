import { balanceOf, caller, eventually, organizationWith } from '../support/callers';
import { removeDirectories, startStandalone, type ApiResponse, type Standalone } from '../support/server';

// What is read after a write, and how lists are cut into pages.

let server: Standalone;
beforeAll(async () => {
  server = await startStandalone(undefined, { flags: ['--catalog', 'catalogs/leapocr.yaml'] });
}, 60_000);
afterAll(async () => {
  expect(await server.process.stop()).toBe(0);
  removeDirectories();
});
jest.setTimeout(90_000);

const operator = (...given: Parameters<ReturnType<typeof caller>>) => caller(server, 'operator')(...given);
const service = (...given: Parameters<ReturnType<typeof caller>>) => caller(server, 'service')(...given);
const get = (path: string) => operator('GET', path);
const submit = async (organizationId: string, id: string, pages = 1, more: object = {}) => {
  const job = { id, organizationId, operation: 'standard-v2', usage: { pages }, ...more };
  const answer = await service('POST', '/v1/jobs', job);
  expect(answer.status).toBe(202);
  return answer;
};
const complete = (organizationId: string, id: string) => service('POST', `/v1/jobs/${id}/complete`, { organizationId });
const give = (id: string, grant: object) =>
  operator('POST', `/v1/organizations/${id}/grants`, { kind: 'top-up', reason: 'for the test', ...grant });
/* eslint-disable @typescript-eslint/no-explicit-any -- answers of the server, compared as they are */
const pagesOf = async (path: string): Promise<any[][]> => {
  const pages: any[][] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const { status, body }: ApiResponse = await get(path + (cursor && `&cursor=${encodeURIComponent(cursor)}`));
    expect({ status, body }).toMatchObject({ status: 200, body: { data: expect.any(Array) } });
    pages.push(body.data);
    cursor = body.nextCursor;
  }
  return pages;
};

describe('a read after a write has it, without any header', () => {
  const TRIES = 30;
  const reads = (id: string): Record<string, [path: string, has: (body: any, at: number) => boolean]> => ({
    jobs: [`/v1/jobs?organization=${id}&limit=1`, ({ data }, at) => data[0]?.jobId === `j${at}`],
    history: [`/v1/organizations/${id}/history?limit=1`, ({ data }, at) => data[0]?.jobId === `j${at}`],
    usage: [`/v1/organizations/${id}/usage`, ({ data }, at) => data[0]?.jobs === at + 1],
    grants: [`/v1/organizations/${id}/grants?kind=top-up`, ({ data }, at) => data[0]?.reserved === at + 1],
    events: [`/v1/organizations/${id}/events?kind=CreditsReserved`, ({ data }, at) => data.length === at + 1],
    'a job': [`/v1/jobs?organization=${id}`, ({ data }, at) => data.length === at + 1],
    organizations: [
      '/v1/ops/organizations?limit=1000',
      ({ data }, at) => data.find((one: any) => one.organizationId === id)?.reserved === at + 1,
    ],
  });

  test.each(Object.keys(reads('')))('%s: in 30 of 30 tries', async (name) => {
    const id = await organizationWith(server, 1_000);
    const [path, has] = reads(id)[name]!;
    let seen = 0;
    for (let at = 0; at < TRIES; at++) {
      await submit(id, `j${at}`);
      const { body } = await get(path);
      if (has(body, at) && body.behind === undefined) seen += 1;
    }
    expect(seen).toBe(TRIES);
  });

  test('an organization, a grant and a job by its id, too', async () => {
    const id = await organizationWith(server, 0);
    expect((await get('/v1/organizations?limit=1000')).body.data.map((one: any) => one.id)).toContain(id);
    await give(id, { grantId: 'g', credits: 5 });
    expect((await get(`/v1/organizations/${id}/grants`)).body.data).toMatchObject([{ grantId: 'g' }]);
    await submit(id, 'j');
    const reserved = (await get(`/v1/jobs/j?organizationId=${id}`)).body;
    expect(reserved).toMatchObject({ status: 'reserved', submittedAt: expect.any(String) });
    await complete(id, 'j');
    const ended = (await get(`/v1/jobs/j?organizationId=${id}`)).body;
    expect(ended).toMatchObject({ status: 'consumed', endedAt: expect.any(String) });
    const [listed] = (await get(`/v1/jobs?organization=${id}`)).body.data;
    expect(listed).toEqual(ended);
    expect(listed.submittedAt).toBe(reserved.submittedAt);
  });
});

const PLACES = ['granted', 'available', 'reserved', 'consumed', 'expired', 'revoked'] as const;
const sums = (rows: readonly any[]) => PLACES.map((place) => rows.reduce((sum, row) => sum + row[place], 0));

describe('grants that have ended', () => {
  const withEnded = async () => {
    const id = await organizationWith(server, 0);
    await give(id, { grantId: 'used', credits: 5, kind: 'promotional' });
    await submit(id, 'a', 5);
    await complete(id, 'a');
    await give(id, { grantId: 'back', credits: 9 });
    await operator('DELETE', `/v1/organizations/${id}/grants/back`);
    await give(id, { grantId: 'left', credits: 20 });
    await submit(id, 'b', 4);
    return id;
  };

  test('are summed by kind in the balance, now and earlier: live and ended add up to the totals', async () => {
    const id = await withEnded();
    const balance: any = await balanceOf(server, id);
    expect(balance.grants.map((one: any) => one.grantId)).toEqual(['left']);
    expect(balance.ended.byKind).toMatchObject({ 'top-up': { granted: 9, revoked: 9 } });
    for (let past = 1; past <= balance.revision; past++) {
      const { body } = await get(`/v1/organizations/${id}/balance?atRevision=${past}`);
      expect(sums([...body.grants, ...Object.values(body.ended.byKind)])).toEqual(sums([body]));
    }
    const { body } = await get(`/v1/organizations/${id}/balance?at=${balance.asOf}`);
    expect(body.ended).toEqual(balance.ended);
  });

  test('keep their amounts in the list of grants, which pages over all of them and can be filtered', async () => {
    const id = await withEnded();
    const all = (await pagesOf(`/v1/organizations/${id}/grants?limit=2`)).flat();
    expect(sums(all)).toEqual(sums([await balanceOf(server, id)]));
    expect(all.map(({ grantId, state }) => [grantId, state])).toEqual(
      expect.arrayContaining([
        ['left', 'live'],
        ['back', 'ended'],
        ['used', 'ended'],
      ]),
    );
    const revisions = all.map(({ revision }) => revision);
    expect(revisions).toEqual([...revisions].sort((a, b) => b - a));
    const names = async (query: string) =>
      (await get(`/v1/organizations/${id}/grants?${query}`)).body.data.map((one: any) => one.grantId);
    expect(await names('state=live')).toEqual(['left']);
    expect(await names('kind=promotional')).toEqual(['used']);
    expect(await names('kind=promotional&state=live')).toEqual([]);
  });
});

describe('what cannot be asked for', () => {
  const balance = (id: string, query: string) => get(`/v1/organizations/${id}/balance?${query}`);
  const in1s = () => new Date(Date.now() + 5_000).toISOString();

  test('the balance of a time in the future, or of two places at once', async () => {
    const id = await organizationWith(server, 10);
    for (const at of [in1s(), '2199-01-01T00:00:00+05:30', '9998-12-31T00:00:00Z'])
      expect(await balance(id, `at=${encodeURIComponent(at)}`)).toMatchObject({
        status: 422,
        body: { code: 'invalid_input', errors: [{ field: 'at', rule: 'future' }] },
      });
    expect(await balance(id, `at=${new Date().toISOString()}`)).toMatchObject({ status: 200, body: { granted: 10 } });
    expect((await balance(id, 'at=2026-11-01T00:00:00Z&atRevision=1')).status).toBe(422);
    expect((await balance(id, 'atRevision=99')).body).toMatchObject({ code: 'revision_not_reached' });
    expect((await balance(id, 'at=2001-01-01T00:00:00Z')).status).toBe(404);
  });

  test('an interval that ends before it begins; one without length is empty', async () => {
    const id = await organizationWith(server, 10);
    const [early, late] = ['2026-11-01T00:00:00Z', '2026-11-02T00:00:00Z'];
    const lists = [
      `/v1/jobs?organization=${id}&`,
      ...['history', 'usage', 'events'].map((list) => `/v1/organizations/${id}/${list}?`),
    ];
    for (const list of lists) {
      expect(await get(`${list}from=${late}&to=${early}`)).toMatchObject({
        status: 422,
        body: { errors: [{ field: 'from', rule: 'order' }] },
      });
      expect(await get(`${list}from=${early}&to=${early}`)).toMatchObject({
        status: 200,
        body: { data: [] },
      });
    }
  });
});

describe('every list', () => {
  let id: string;
  beforeAll(async () => {
    id = await organizationWith(server, 100);
    await organizationWith(server, 1);
    for (const projectId of ['p1', 'p2', 'p3']) {
      await operator('PUT', `/v1/organizations/${id}/projects/${projectId}`, { name: projectId });
      await operator('POST', `/v1/organizations/${id}/keys`, { role: 'project', name: projectId, projectId });
      await submit(id, `${projectId}-job`, 2, { projectId });
      await give(id, { grantId: projectId, credits: 1 });
      const refused = { id: `${projectId}-no`, organizationId: id, operation: 'standard-v2', usage: { pages: 900 } };
      expect((await service('POST', '/v1/jobs', refused)).status).toBe(402);
    }
  });
  /** Each with what tells its rows apart, and its filters that know a fixed set of words. */
  const LISTS: [name: string, path: () => string, key: string, words: string[]][] = [
    ['jobs', () => `/v1/jobs?organization=${id}`, 'jobId', ['state', 'status']],
    ['organizations', () => '/v1/organizations?', 'id', []],
    ['history', () => `/v1/organizations/${id}/history?`, 'revision', ['kind']],
    ['usage', () => `/v1/organizations/${id}/usage?groupBy=project,day`, 'projectId', ['groupBy']],
    ['events', () => `/v1/organizations/${id}/events?`, 'revision', ['kind']],
    ['events of a kind', () => `/v1/organizations/${id}/events?kind=CreditsReserved`, 'revision', []],
    ['grants', () => `/v1/organizations/${id}/grants?`, 'grantId', ['kind', 'state']],
    ['projects', () => `/v1/organizations/${id}/projects?`, 'projectId', []],
    ['keys', () => `/v1/organizations/${id}/keys?`, 'keyId', []],
    ['organizations of operators', () => '/v1/ops/organizations?', 'organizationId', []],
    ['refusals', () => `/v1/ops/organizations/${id}/refusals?`, 'jobId', []],
    ['service keys', () => '/v1/ops/keys?', 'keyId', []],
    ['dead letters', () => '/v1/ops/dead-letters?', 'id', ['class']],
    ['parked organizations', () => '/v1/ops/parked-organizations?', 'organizationId', []],
  ];
  const most = { limit: 1, rows: 30 };

  test.each(LISTS)('%s: limit and cursor are honoured, each row comes once, in one order', async (_, path, key) => {
    const [all] = await pagesOf(`${path()}&limit=1000`);
    const some = all!.slice(0, most.rows);
    const read: any[] = [];
    for (let cursor = ''; read.length < some.length;) {
      const { body } = await get(`${path()}&limit=1${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
      expect(body.data).toHaveLength(1);
      read.push(body.data[0]);
      if (read.length === all!.length) expect(body.nextCursor).toBeNull();
      cursor = body.nextCursor;
    }
    expect(read.map((row) => row[key])).toEqual(some.map((row) => row[key]));
  });

  test.each(LISTS)('%s: what is no number, no cursor or no known word is refused', async (_, path, __, words) => {
    const [given] = words.includes('groupBy') ? [path().replace('groupBy=project,day', '')] : [path()];
    for (const query of [
      'limit=0',
      'limit=ten',
      'limit=1001',
      'cursor=nonsense',
      'cursor=eyJhIjoxfQ',
      ...words.map((word) => `${word}=no-such`),
    ])
      expect({ query, ...(await get(`${given}&${query}`)) }).toMatchObject({
        query,
        status: 422,
        body: { code: 'invalid_input', errors: [{ field: query.split('=')[0] }] },
      });
  });

  test('with revisions for cursors refuses one of another list', async () => {
    const { nextCursor } = (await get('/v1/organizations?limit=1')).body;
    for (const list of ['history', 'events', 'grants'])
      expect((await get(`/v1/organizations/${id}/${list}?cursor=${nextCursor}`)).status).toBe(422);
  });
});

describe('the stream, filtered', () => {
  test('has full pages of one kind, and of a time, until it ends', async () => {
    const id = await organizationWith(server, 1_000);
    for (let at = 0; at < 12; at++) await submit(id, `j${at}`);
    for (let at = 0; at < 12; at++) await complete(id, `j${at}`);
    const kind = async (name: string, limit: number) =>
      (await pagesOf(`/v1/organizations/${id}/events?kind=${name}&limit=${limit}`)).map(({ length }) => length);
    expect(await kind('CreditsConsumed', 5)).toEqual([5, 5, 2]);
    expect(await kind('CreditsConsumed', 12)).toEqual([12]);
    expect(await kind('OrganizationOpened', 5)).toEqual([1]);
    expect(await kind('UsageReported', 5)).toEqual([0]);
    const all = (await pagesOf(`/v1/organizations/${id}/events?limit=1000`)).flat();
    const [from, to] = [all[5].metadata.recordedAt, all[20].metadata.recordedAt];
    const between = (await pagesOf(`/v1/organizations/${id}/events?from=${from}&to=${to}&limit=3`)).flat();
    expect(between).toEqual(all.filter(({ metadata: { recordedAt } }) => recordedAt >= from && recordedAt < to));
    const unknown = await get(`/v1/organizations/${id}/events?kind=CreditsEaten`);
    expect(unknown).toMatchObject({ status: 422, body: { errors: [{ field: 'kind', rule: 'oneOf' }] } });
    expect(unknown.body.detail).toContain('CreditsConsumed');
  });
});

describe('details that are gone', () => {
  const details = { reference: 'contract.pdf', metadata: { customer: 7 } };
  const GONE = 'details deleted';
  const rowsOf = async (id: string, jobId: string) =>
    (await get(`/v1/organizations/${id}/history`)).body.data.filter((row: any) => row.jobId === jobId);
  const seen = async (id: string, jobId: string) => {
    const [one, list] = await Promise.all([
      get(`/v1/jobs/${jobId}?organizationId=${id}`),
      get(`/v1/jobs?organization=${id}`),
    ]);
    const listed = list.body.data.find((job: any) => job.jobId === jobId);
    const rows = (await rowsOf(id, jobId)).map((row: any) => row.details ?? row.reference);
    return { one: one.body.details, listed: listed.details, rows: [...new Set(rows)] };
  };

  test('are said to be in job, list and history, deleted by hand or by retention; where there were none nothing is said', async () => {
    const id = await organizationWith(server, 100);
    await submit(id, 'by-hand', 3, details);
    await submit(id, 'by-time', 3, details);
    await submit(id, 'never', 3);
    for (const job of ['by-hand', 'by-time', 'never']) await complete(id, job);
    expect(await seen(id, 'by-hand')).toEqual({ one: details, listed: details, rows: ['contract.pdf'] });
    await operator('DELETE', `/v1/jobs/by-hand/details?organizationId=${id}`);
    expect(await seen(id, 'by-hand')).toEqual({ one: GONE, listed: GONE, rows: [GONE] });
    await operator('PUT', `/v1/organizations/${id}/settings`, { retentionDays: 0 });
    await eventually(
      () => seen(id, 'by-time'),
      ({ one }) => one === GONE,
    );
    expect(await seen(id, 'by-time')).toEqual({ one: GONE, listed: GONE, rows: [GONE] });
    expect(await seen(id, 'never')).toEqual({ one: undefined, listed: undefined, rows: [undefined] });
  });

  test('of a job that came as an event, too', async () => {
    const id = await organizationWith(server, 100);
    await operator('PUT', `/v1/organizations/${id}/settings`, { retentionDays: 0 });
    const data = { id: 'event', organizationId: id, operation: 'standard-v2', usage: { pages: 2 } };
    const event = { specversion: '1.0', id: 'e1', source: 'test', type: 'tallystick.job.submitted' };
    const send = (more: object) =>
      service(
        'POST',
        '/v1/events',
        { ...event, data: { ...data, ...more } },
        { 'content-type': 'application/cloudevents+json' },
      );
    expect((await send(details)).status).toBe(202);
    await send({ id: 'plain' });
    for (const job of ['event', 'plain']) {
      await eventually(
        () => get(`/v1/jobs/${job}?organizationId=${id}`),
        ({ status }) => status === 200,
      );
      await complete(id, job);
    }
    const gone = await eventually(
      () => seen(id, 'event'),
      ({ one }) => one === GONE,
    );
    expect(gone).toEqual({ one: GONE, listed: GONE, rows: [GONE] });
    expect(await seen(id, 'plain')).toEqual({ one: undefined, listed: undefined, rows: [undefined] });
  });
});
