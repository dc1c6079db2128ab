import { createHash } from 'node:crypto';
import { v5 } from 'uuid';
import { balanceOf, caller, organizationWith } from '../support/callers';
import type { TestResponse } from '../support/server';
import { useServer, withCatalog } from '../support/use-server';

const server = useServer(withCatalog('leapocr'));
const operator = caller(server, 'operator');
let second: ReturnType<typeof caller>;
let secondId: string;
beforeAll(async () => {
  const other = (await operator('POST', '/v1/ops/keys', { role: 'operator', name: 'The second operator' })).body;
  [second, secondId] = [caller(server, other), other.keyId];
}, 60_000);

const times = <T>(count: number, make: (at: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, at) => make(at)));
const statuses = (answers: readonly TestResponse[]) => answers.map(({ status }) => status).sort();
let org: string;
let made = 0;
beforeAll(async () => {
  org = await organizationWith(server, 10_000_000);
}, 60_000);

const at = (path: string) => `/v1/organizations/${org}${path}`;

test('grants once per Idempotency-Key, and nothing without a key or a grant id', async () => {
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

test('grants once per grant id, and reports another amount under the same id as a conflict', async () => {
  const id = await organizationWith(server, 0);
  const grant = { grantId: 'invoice-7', kind: 'top-up', credits: 100, reason: 'paid' };
  const give = (more: object = {}) => operator('POST', `/v1/organizations/${id}/grants`, { ...grant, ...more });
  expect((await give()).status).toBe(201);
  expect((await give()).status).toBe(200);
  expect(await give({ credits: 101 })).toMatchObject({ status: 409, body: { code: 'grant_conflict' } });
  expect(await balanceOf(server, id)).toMatchObject({ granted: 100 });
});

describe('an Idempotency-Key', () => {
  const grant = { kind: 'top-up', credits: 100, reason: 'bought' };
  const as = (who: ReturnType<typeof caller>, id: string, body: object, key: string) =>
    who('POST', `/v1/organizations/${id}/grants`, body, { 'idempotency-key': key });

  test('is scoped to organization and route: the key of a second operator finds the first grant', async () => {
    const id = await organizationWith(server, 0);
    const first = await as(operator, id, grant, 'paid');
    expect(first.status).toBe(201);
    const again = await as(second, id, { reason: 'bought', expiresAt: null, credits: 100, kind: 'top-up' }, 'paid');
    expect([again.status, again.headers.get('idempotency-replayed'), again.body]).toEqual([201, 'true', first.body]);
    expect((await as(second, id, { ...grant, credits: 101 }, 'paid')).body.code).toBe('idempotency_conflict');
    expect(await balanceOf(server, id)).toMatchObject({ granted: 100 });
    const other = await organizationWith(server, 0);
    expect((await as(operator, other, grant, 'paid')).status).toBe(201);
  });

  test('grants once for concurrent requests', async () => {
    const id = await organizationWith(server, 0);
    const answers = await times(8, (at) => as(at % 2 ? operator : second, id, grant, 'many'));
    expect(statuses(answers)[0]).toBe(201);
    for (const { status, body } of answers)
      expect(status === 201 || body.code === 'idempotency_in_progress').toBe(true);
    expect(await balanceOf(server, id)).toMatchObject({ granted: 100 });
  });

  test('finds the grant that version 0.1 created for it', async () => {
    const id = await organizationWith(server, 0);
    const scope = `${secondId} POST /v1/organizations/:organization/grants upgrade`;
    const name = createHash('sha256').update(scope).digest('base64url');
    const grantId = v5(`${id} ${name}`, '6f0b8f0e-6d1c-5d53-9d6a-2f5f3a1c7e11');
    const given = await operator('POST', `/v1/organizations/${id}/grants`, { ...grant, grantId });
    expect(given.status).toBe(201);
    const again = await as(second, id, { ...grant, reason: 'sent again' }, 'upgrade');
    expect([again.status, again.body]).toEqual([200, given.body]);
    expect(await balanceOf(server, id)).toMatchObject({ granted: 100 });
  });
});

test('a repeated grant id returns the stored grant, with any reason', async () => {
  const id = await organizationWith(server, 0);
  const give = (more: object) =>
    operator('POST', `/v1/organizations/${id}/grants`, {
      ...{ grantId: 'g', kind: 'package', credits: 5, reason: 'first', scope: ['standard-v2', 'pro-v2'] },
      ...{ expiresAt: '2099-01-01T00:00:00Z', ...more },
    });
  const first = await give({});
  expect(first.status).toBe(201);
  const again = await give({ reason: 'second', scope: ['pro-v2', 'standard-v2'] });
  expect([again.status, again.body]).toEqual([200, first.body]);
  for (const other of [
    { credits: 6 },
    { kind: 'top-up' },
    { expiresAt: null },
    { expiresAt: '2099-01-02T00:00:00Z' },
    { scope: null },
    { scope: ['pro-v2'] },
  ])
    expect(await give(other)).toMatchObject({ status: 409, body: { code: 'grant_conflict' } });
  expect(await balanceOf(server, id)).toMatchObject({ granted: 5 });
});

describe('an invalid grant is refused:', () => {
  const grant = (more: object) =>
    operator('POST', at('/grants'), { grantId: `g-${++made}`, kind: 'top-up', credits: 1, reason: 'r', ...more });

  test.each(['invoice:1:0', 'trial:standard-v2', 'payg:j', 'surplus:j'])('the reserved id %s', async (grantId) =>
    expect(await grant({ grantId })).toMatchObject({
      status: 422,
      body: { errors: [{ field: 'grantId', rule: 'reserved' }] },
    }),
  );

  test('a package without an expiry', async () =>
    expect(await grant({ kind: 'package' })).toMatchObject({
      status: 422,
      body: { errors: [{ field: 'expiresAt', rule: 'required' }] },
    }));
});

test('what was paid is part of the grant: shown in the list, and needed to send it again', async () => {
  const id = await organizationWith(server, 0);
  const path = `/v1/organizations/${id}/grants`;
  const paid = { amount: 1200, currency: 'USD' };
  const grant = { grantId: 'sale', kind: 'top-up', credits: 100, reason: 'bought', paid };
  expect(await operator('POST', path, grant)).toMatchObject({ status: 201, body: { paid } });
  expect(await operator('POST', path, { ...grant, paid: { currency: 'USD', amount: 1200 } })).toMatchObject({
    status: 200,
    body: { paid },
  });
  const other = await operator('POST', path, { ...grant, paid: { ...paid, amount: 1100 } });
  expect(other).toMatchObject({ status: 409, body: { code: 'grant_conflict' } });
  expect(await operator('POST', path, { ...grant, paid: undefined })).toMatchObject({ status: 409 });
  expect((await operator('GET', `${path}?limit=1`)).body.data).toMatchObject([{ grantId: 'sale', paid }]);
  const wrong = await operator('POST', path, { ...grant, grantId: 'w', paid: { amount: 1.5, currency: 'USD' } });
  expect(wrong).toMatchObject({ status: 422, body: { errors: [{ field: 'paid.amount' }] } });
});
