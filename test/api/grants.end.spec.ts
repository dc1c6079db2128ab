/* eslint-disable @typescript-eslint/no-explicit-any -- response bodies are compared as they are */
import { balanceOf, caller, eventually, organizationWith } from '../support/callers';
import { pagesOf } from './support/pages';
import { useServer, withCatalog } from '../support/use-server';

jest.setTimeout(90_000);

const server = useServer(withCatalog('leapocr'));
const operator = caller(server, 'operator');
const service = caller(server, 'service');
const submit = (organizationId: string, id: string, pages: number, more: object = {}) =>
  service('POST', '/v1/jobs', { id, organizationId, operation: 'standard-v2', usage: { pages }, ...more });
const get = (path: string) => operator('GET', path);
const complete = (organizationId: string, id: string) => service('POST', `/v1/jobs/${id}/complete`, { organizationId });
const give = (id: string, grant: object) =>
  operator('POST', `/v1/organizations/${id}/grants`, { kind: 'top-up', reason: 'for the test', ...grant });
const PLACES = ['granted', 'available', 'reserved', 'consumed', 'expired', 'revoked'] as const;
const sums = (rows: readonly any[]) => PLACES.map((place) => rows.reduce((sum, row) => sum + row[place], 0));

test('revoking takes available credits; reserved credits stay with their job', async () => {
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

test('an expired grant no longer counts as available', async () => {
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

describe('ended grants', () => {
  const submit = async (organizationId: string, id: string, pages = 1, more: object = {}) => {
    const job = { id, organizationId, operation: 'standard-v2', usage: { pages }, ...more };
    const answer = await service('POST', '/v1/jobs', job);
    expect(answer.status).toBe(202);
    return answer;
  };
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

  test('are summed by kind in the current and in past balances', async () => {
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

  test('keep their amounts in the list of grants, which has pages and filters', async () => {
    const id = await withEnded();
    const all = (await pagesOf(server, `/v1/organizations/${id}/grants?limit=2`)).flat();
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
