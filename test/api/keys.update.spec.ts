import { caller, organizationWith } from '../support/callers';
import { useServer, withCatalog } from '../support/use-server';

const server = useServer(withCatalog('leapocr'));
const operator = caller(server, 'operator');
let org: string;
beforeAll(async () => {
  org = await organizationWith(server, 10_000_000);
}, 60_000);

const at = (path: string) => `/v1/organizations/${org}${path}`;

describe('the budget cap of a key', () => {
  test('is set as `cap` or by its former name `budgetCap`, but not by both', async () => {
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

test('a project for a key of all projects is refused', async () =>
  expect(await operator('POST', at('/keys'), { role: 'organization', projectId: 'p' })).toMatchObject({
    status: 422,
    body: { errors: [{ field: 'projectId', rule: 'contradiction' }] },
  }));
