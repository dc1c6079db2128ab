import { caller, organizationWith } from '../support/callers';
import { useServer, withCatalog } from '../support/use-server';

const server = useServer(withCatalog('leapocr'));
const operator = caller(server, 'operator');

describe('POST /v1/organizations', () => {
  test('creates an organization once, which is then found by its id and in the list', async () => {
    const wanted = { id: 'acme', name: 'Acme' };
    expect((await operator('POST', '/v1/organizations', wanted)).status).toBe(201);
    expect((await operator('POST', '/v1/organizations', wanted)).status).toBe(200);
    const other = await operator('POST', '/v1/organizations', { ...wanted, name: 'Someone else' });
    expect(other).toMatchObject({ status: 409, body: { code: 'organization_conflict' } });
    const { body } = await operator('GET', '/v1/organizations/acme');
    expect(body).toMatchObject({
      id: 'acme',
      name: 'Acme',
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

test('a repeated request returns the stored organization', async () => {
  const id = await organizationWith(server, 0);
  const first = (await operator('GET', `/v1/organizations/${id}`)).body;
  const make = (more: object) => operator('POST', '/v1/organizations', { id, name: first.name, ...more });
  expect(await make({})).toMatchObject({ status: 200, body: { plan: first.plan } });
  for (const other of [{ name: 'Another' }, { currency: 'EUR' }])
    expect(await make(other)).toMatchObject({ status: 409, body: { code: 'organization_conflict' } });
});

test('a currency without prices is refused', async () => {
  const answer = await operator('POST', '/v1/organizations', { id: 'yen', name: 'Yen', currency: 'JPY' });
  expect(answer).toMatchObject({
    status: 422,
    body: { errors: [{ field: 'currency', message: expect.stringContaining('USD') }] },
  });
  expect((await operator('GET', '/v1/organizations/yen')).status).toBe(404);
});
