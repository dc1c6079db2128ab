import { caller, organizationWith } from '../support/callers';
import { useServer, withCatalog } from '../support/use-server';

const server = useServer(withCatalog('leapocr'));
const operator = caller(server, 'operator');
test('settings that are left out stay unchanged', async () => {
  const id = await organizationWith(server, 0);
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
  expect(body).toMatchObject({ retentionDays: 30, alertThresholds: [50, 5] });
});

const SETTINGS = '/v1/organizations/demo/settings';

test.each([
  ['PUT', SETTINGS, { plan: 'starter' }, 'plan', 'POST /v1/organizations/{id}/subscription'],
  ['PUT', SETTINGS, { plan: null }, 'plan', 'POST /v1/organizations/{id}/subscription'],
  ['PUT', SETTINGS, { retentionDays: 3, overage: 'auto' }, 'overage', 'PUT /v1/organizations/{id}/overage'],
  ['PUT', SETTINGS, { autoOverage: false }, 'autoOverage', 'PUT /v1/organizations/{id}/overage'],
  [
    'POST',
    '/v1/organizations',
    { id: 'planned', name: 'Planned', plan: 'starter' },
    'plan',
    'POST /v1/organizations/{id}/subscription',
  ],
] as const)('%s %s: a member that moved is refused with its new route: %j', async (...row) => {
  const [method, path, body, field, route] = row;
  const before = (await operator('GET', SETTINGS)).body;
  expect(await operator(method, path, body)).toMatchObject({
    status: 422,
    body: { code: 'invalid_input', errors: [{ field, rule: 'moved', message: expect.stringContaining(route) }] },
  });
  expect((await operator('GET', SETTINGS)).body).toEqual(before);
});
