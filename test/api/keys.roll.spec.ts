import { caller, organizationWith } from '../support/callers';
import { type TestResponse, call } from '../support/server';
import { useServer, withCatalog } from '../support/use-server';

const server = useServer(withCatalog('leapocr'));
const operator = caller(server, 'operator');
let second: ReturnType<typeof caller>;
beforeAll(async () => {
  const other = (await operator('POST', '/v1/ops/keys', { role: 'operator', name: 'The second operator' })).body;
  second = caller(server, other);
}, 60_000);

const times = <T>(count: number, make: (at: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, at) => make(at)));
const statuses = (answers: readonly TestResponse[]) => answers.map(({ status }) => status).sort();
/** The secrets that are accepted. */
const goodOf = async (id: string, secrets: readonly string[]) => {
  const answers = await Promise.all(secrets.map((key) => call(`${server.url}/v1/organizations/${id}`, { key })));
  return secrets.filter((_, at) => answers[at]!.status === 200);
};
const secretsOf = (answers: readonly TestResponse[]) =>
  answers.filter(({ status }) => status === 200).map(({ body }) => body.key as string);

describe('a key with concurrent rolls and revocations', () => {
  test('has one valid secret after many rolls, and none after its revocation', async () => {
    const id = await organizationWith(server, 0);
    const keys = `/v1/organizations/${id}/keys`;
    for (let round = 0; round < 5; round++) {
      const { key, keyId } = (await operator('POST', keys, { role: 'organization' })).body;
      const rolls = await times(3, () => operator('POST', `${keys}/${keyId}/roll`));
      for (const { status, body } of rolls) expect(status === 200 || body.code === 'key_conflict').toBe(true);
      const secrets = [key, ...secretsOf(rolls)];
      expect(secrets.length).toBeGreaterThan(1);
      const good = await goodOf(id, secrets);
      expect(good).toHaveLength(1);
      expect(good).not.toContain(key);
      const revoked = await operator('DELETE', `${keys}/${keyId}`);
      expect(await goodOf(id, secrets)).toEqual([]);
      expect((await operator('DELETE', `${keys}/${keyId}`)).body).toEqual(revoked.body);
      expect((await operator('POST', `${keys}/${keyId}/roll`)).status).toBe(404);
    }
  }, 60_000);

  test('has no valid secret if the revocation is stored before the rolls', async () => {
    const id = await organizationWith(server, 0);
    const keys = `/v1/organizations/${id}/keys`;
    for (let round = 0; round < 10; round++) {
      const { key, keyId } = (await operator('POST', keys, { role: 'organization' })).body;
      const [revoked, ...rolls] = await times(5, (at) =>
        at === round % 5 ? operator('DELETE', `${keys}/${keyId}`) : operator('POST', `${keys}/${keyId}/roll`),
      ).then((all) => [all[round % 5]!, ...all.filter((_, at) => at !== round % 5)]);
      expect(revoked!.status).toBe(200);
      expect(statuses(rolls).every((status) => [200, 404, 409].includes(status))).toBe(true);
      expect(await goodOf(id, [key, ...secretsOf(rolls)])).toEqual([]);
    }
  }, 60_000);

  test('that many requests create with one Idempotency-Key is one key with one valid secret', async () => {
    const id = await organizationWith(server, 0);
    const keys = `/v1/organizations/${id}/keys`;
    const body = { role: 'organization', name: 'CI' };
    const make = () => operator('POST', keys, body, { 'idempotency-key': 'ci' });
    const made = await times(6, make);
    const shown = made.filter(({ body: { key } }) => key !== undefined);
    expect(shown).toHaveLength(1);
    for (const { status, body: problem } of made)
      expect(status === 201 || problem.code === 'idempotency_in_progress').toBe(true);
    expect((await operator('GET', keys)).body.data).toHaveLength(1);
    const repeated = await second('POST', keys, body, { 'idempotency-key': 'ci' });
    const { key, ...view } = shown[0]!.body;
    expect([repeated.status, repeated.body]).toEqual([201, view]);
    expect(await goodOf(id, [key])).toEqual([key]);
  });
});
