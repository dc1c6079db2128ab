/* eslint-disable @typescript-eslint/no-explicit-any -- response bodies are compared as they are */
import { caller, organizationWith } from '../support/callers';
import { pagesOf } from './support/pages';
import { useServer, withCatalog } from '../support/use-server';

jest.setTimeout(90_000);

const server = useServer(withCatalog('leapocr'));
const operator = caller(server, 'operator');
const service = caller(server, 'service');
const get = (path: string) => operator('GET', path);
const submit = async (organizationId: string, id: string, pages = 1, more: object = {}) => {
  const job = { id, organizationId, operation: 'standard-v2', usage: { pages }, ...more };
  const answer = await service('POST', '/v1/jobs', job);
  expect(answer.status).toBe(202);
  return answer;
};
const give = (id: string, grant: object) =>
  operator('POST', `/v1/organizations/${id}/grants`, { kind: 'top-up', reason: 'for the test', ...grant });

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
  /** Each list with the key of its rows and its filters that accept only fixed words. */
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

  test.each(LISTS)('%s: limit and cursor return each row once, in a stable order', async (_, path, key) => {
    const [all] = await pagesOf(server, `${path()}&limit=1000`);
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

  test.each(LISTS)('%s: an invalid number, cursor or filter word is refused', async (_, path, __, words) => {
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

  test('with revisions as cursors refuses a cursor of another list', async () => {
    const { nextCursor } = (await get('/v1/organizations?limit=1')).body;
    for (const list of ['history', 'events', 'grants'])
      expect((await get(`/v1/organizations/${id}/${list}?cursor=${nextCursor}`)).status).toBe(422);
  });
});

test('an interval that ends before its start is refused; an empty interval returns no rows', async () => {
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
