/* eslint-disable @typescript-eslint/no-explicit-any -- response bodies are compared as they are */
import { caller, organizationWith } from '../support/callers';
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
const complete = (organizationId: string, id: string) => service('POST', `/v1/jobs/${id}/complete`, { organizationId });
const give = (id: string, grant: object) =>
  operator('POST', `/v1/organizations/${id}/grants`, { kind: 'top-up', reason: 'for the test', ...grant });

describe('a read after a write', () => {
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

  test.each(Object.keys(reads('')))('returns the write in 30 of 30 tries: %s', async (name) => {
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

  test('returns a new organization, a new grant and a new job', async () => {
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
