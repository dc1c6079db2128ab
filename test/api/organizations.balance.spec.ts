import { caller, organizationWith } from '../support/callers';
import { useServer, withCatalog } from '../support/use-server';

jest.setTimeout(90_000);

const server = useServer(withCatalog('leapocr'));
const operator = caller(server, 'operator');
const service = caller(server, 'service');
const submit = (organizationId: string, id: string, pages: number, more: object = {}) =>
  service('POST', '/v1/jobs', { id, organizationId, operation: 'standard-v2', usage: { pages }, ...more });
const complete = (organizationId: string, id: string) => service('POST', `/v1/jobs/${id}/complete`, { organizationId });
const balance = (id: string, query: string) => operator('GET', `/v1/organizations/${id}/balance?${query}`);
const in1s = () => new Date(Date.now() + 5_000).toISOString();

test('the balance adds up at any revision and time, and atLeastRevision waits for a write', async () => {
  const id = await organizationWith(server, 100);
  await submit(id, 'one', 10);
  const afterOne = new Date().toISOString();
  const { revision } = (await complete(id, 'one')).body;
  const at = (query: string) => operator('GET', `/v1/organizations/${id}/balance?${query}`);
  for (let past = 0; past <= revision; past++) {
    const { body } = await at(`atRevision=${past}`);
    expect(body.granted).toBe(body.available + body.reserved + body.consumed + body.expired + body.revoked);
    expect(body.revision).toBe(past);
  }
  expect((await at('atRevision=1')).body).toMatchObject({ granted: 100, available: 100 });
  expect((await at('atRevision=2')).body).toMatchObject({ available: 90, reserved: 10 });
  expect((await at(`at=${afterOne}`)).body).toMatchObject({ granted: 100, asOf: afterOne });
  expect((await at(`atLeastRevision=${revision}`)).body).toMatchObject({ consumed: 10, revision });
  expect(await at(`atLeastRevision=${revision + 1}`)).toMatchObject({ status: 409, body: { revision } });
  for (const list of [
    `organizations/${id}/history?`,
    `organizations/${id}/usage?`,
    `organizations/${id}/grants?`,
    `organizations/${id}/events?`,
    `jobs?organization=${id}&`,
  ])
    expect(await operator('GET', `/v1/${list}atLeastRevision=${revision + 1}`)).toMatchObject({
      status: 409,
      body: { code: 'revision_not_reached', revision },
    });
  expect(await at(`atRevision=${revision + 1}`)).toMatchObject({
    status: 409,
    body: { code: 'revision_not_reached' },
  });
  expect((await at('at=2001-01-01T00:00:00Z')).status).toBe(404);
});

test('a time in the future, or a time together with a revision, is refused', async () => {
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
