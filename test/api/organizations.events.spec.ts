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
const complete = (organizationId: string, id: string) => service('POST', `/v1/jobs/${id}/complete`, { organizationId });

describe('the filtered stream', () => {
  test('has full pages for a kind and for an interval, except the last page', async () => {
    const id = await organizationWith(server, 1_000);
    for (let at = 0; at < 12; at++) await submit(id, `j${at}`);
    for (let at = 0; at < 12; at++) await complete(id, `j${at}`);
    const kind = async (name: string, limit: number) =>
      (await pagesOf(server, `/v1/organizations/${id}/events?kind=${name}&limit=${limit}`)).map(({ length }) => length);
    expect(await kind('CreditsConsumed', 5)).toEqual([5, 5, 2]);
    expect(await kind('CreditsConsumed', 12)).toEqual([12]);
    expect(await kind('OrganizationOpened', 5)).toEqual([1]);
    expect(await kind('UsageReported', 5)).toEqual([0]);
    const all = (await pagesOf(server, `/v1/organizations/${id}/events?limit=1000`)).flat();
    const [from, to] = [all[5].metadata.recordedAt, all[20].metadata.recordedAt];
    const between = (await pagesOf(server, `/v1/organizations/${id}/events?from=${from}&to=${to}&limit=3`)).flat();
    expect(between).toEqual(all.filter(({ metadata: { recordedAt } }) => recordedAt >= from && recordedAt < to));
    const unknown = await get(`/v1/organizations/${id}/events?kind=CreditsEaten`);
    expect(unknown).toMatchObject({ status: 422, body: { errors: [{ field: 'kind', rule: 'oneOf' }] } });
    expect(unknown.body.detail).toContain('CreditsConsumed');
  });
});

test('every event carries the correlation id of its request', async () => {
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
