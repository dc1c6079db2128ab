import { call } from '../support/server';
import { useServer } from '../support/use-server';

jest.setTimeout(90_000);

const server = useServer();

describe('a write with an Idempotency-Key', () => {
  const grant = (key: string, credits: number) =>
    call(`${server.url}/v1/organizations/demo/grants`, {
      key: server.keys.operator,
      body: { kind: 'top-up', credits, reason: 'Paid.' },
      headers: { 'idempotency-key': key },
    });

  test('is executed once, also for concurrent requests', async () => {
    const before = (await call(`${server.url}/v1/organizations/demo/balance`, { key: server.keys.operator })).body;
    const answers = await Promise.all(Array.from({ length: 6 }, () => grant('once', 70)));
    const last = await grant('once', 70);
    expect([last.status, last.headers.get('idempotency-replayed')]).toEqual([201, 'true']);
    expect(answers.every(({ status }) => status === 201 || status === 409)).toBe(true);
    const after = (await call(`${server.url}/v1/organizations/demo/balance`, { key: server.keys.operator })).body;
    expect(after.available - before.available).toBe(70);
    expect((await grant('once', 71)).body.code).toBe('idempotency_conflict');
  });

  test('returns a new key only in the first response', async () => {
    const make = () =>
      call(`${server.url}/v1/organizations/demo/keys`, {
        key: server.keys.operator,
        body: { role: 'organization' },
        headers: { 'idempotency-key': 'a-key' },
      });
    const [first, second] = [await make(), await make()];
    expect(first.body.key).toMatch(/^tsk_/);
    expect(second.body).toEqual({ ...first.body, key: undefined });
    const url = `${server.url}/v1/organizations/demo/keys/${first.body.keyId}`;
    expect((await call(`${server.url}/v1/organizations/demo/balance`, { key: first.body.key })).status).toBe(200);
    expect((await call(url, { method: 'DELETE', key: server.keys.operator })).status).toBe(200);
    expect((await call(`${server.url}/v1/organizations/demo/balance`, { key: first.body.key })).status).toBe(401);
  });
});
