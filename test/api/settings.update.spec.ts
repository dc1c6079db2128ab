import { balanceOf, caller, organizationWith } from '../support/callers';
import { useServer, withCatalog } from '../support/use-server';

const server = useServer(withCatalog('leapocr'));
const operator = caller(server, 'operator');
let org: string;
beforeAll(async () => {
  org = await organizationWith(server, 10_000_000);
}, 60_000);

const at = (path: string) => `/v1/organizations/${org}${path}`;

test('settings that are left out stay unchanged', async () => {
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

test('an Idempotency-Key of an operator does not let an organization key read the response', async () => {
  const id = await organizationWith(server, 0);
  const key = (await operator('POST', `/v1/organizations/${id}/keys`, { role: 'organization' })).body;
  const put = (who: ReturnType<typeof caller>) =>
    who('PUT', `/v1/organizations/${id}/settings`, { plan: 'starter' }, { 'idempotency-key': 'plan' });
  expect((await put(operator)).status).toBe(200);
  expect((await put(caller(server, key))).body.code).toBe('forbidden');
});

test.each<[object, string]>([
  [{ overage: 'none', autoOverage: true }, 'autoOverage'],
  [{ overage: 'auto', autoOverage: false }, 'autoOverage'],
  [{ overage: 'pay-as-you-go', autoOverage: true }, 'autoOverage'],
  [{ plan: null, autoOverage: true }, 'plan'],
])('contradicting settings are refused: %j', async (settings, field) => {
  const before = await balanceOf(server, org);
  expect(await operator('PUT', at('/settings'), settings)).toMatchObject({
    status: 422,
    body: { errors: [{ field, rule: 'contradiction' }] },
  });
  expect(await balanceOf(server, org)).toMatchObject({ revision: before['revision'] });
});
