import { createHash } from 'node:crypto';
import { v5 } from 'uuid';
import { balanceOf, caller, organizationWith } from '../support/callers';
import { call, removeDirectories, startStandalone, type ApiResponse, type Standalone } from '../support/server';

let server: Standalone;
let second: ReturnType<typeof caller>;
let secondId: string;
beforeAll(async () => {
  server = await startStandalone(undefined, { flags: ['--catalog', 'catalogs/leapocr.yaml'] });
  const other = (await operator('POST', '/v1/ops/keys', { role: 'operator', name: 'The second operator' })).body;
  [second, secondId] = [caller(server, other), other.keyId];
}, 60_000);
afterAll(async () => {
  expect(await server.process.stop()).toBe(0);
  removeDirectories();
});

const operator = (...given: Parameters<ReturnType<typeof caller>>) => caller(server, 'operator')(...given);
const times = <T>(count: number, make: (at: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, at) => make(at)));
const statuses = (answers: readonly ApiResponse[]) => answers.map(({ status }) => status).sort();
/** Of these secrets those that open something. */
const goodOf = async (id: string, secrets: readonly string[]) => {
  const answers = await Promise.all(secrets.map((key) => call(`${server.url}/v1/organizations/${id}`, { key })));
  return secrets.filter((_, at) => answers[at]!.status === 200);
};
const secretsOf = (answers: readonly ApiResponse[]) =>
  answers.filter(({ status }) => status === 200).map(({ body }) => body.key as string);

describe('a key that is rolled and revoked at the same time', () => {
  test('has one good secret after many rolls, and none after its revocation', async () => {
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

  test('has no good secret when its revocation overtakes the rolls', async () => {
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

  test('made under one Idempotency-Key by many, it is one key with one good secret', async () => {
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

describe('changes of one project at the same time are all kept:', () => {
  const changes: [string, object, object][] = [
    ['name and cap', { name: 'Legal' }, { budgetCap: 40 }],
    ['cap and retention', { budgetCap: 40 }, { retentionDays: 3 }],
    ['name and retention', { name: 'Legal' }, { retentionDays: 'off' }],
  ];
  test.each(changes)(
    '%s',
    async (_, one, two) => {
      const id = await organizationWith(server, 0);
      for (let round = 0; round < 20; round++) {
        const path = `/v1/organizations/${id}/projects/p${round}`;
        if (round % 2 === 0) await operator('PUT', path, { name: 'Former', budgetCap: 1, retentionDays: 1 });
        const bodies = round % 4 < 2 ? [one, two] : [two, one];
        const answers = await times(2, (at) => operator('PUT', path, bodies[at]));
        expect(statuses(answers)).toEqual([200, 200]);
        expect((await operator('GET', path)).body).toMatchObject({ ...one, ...two });
        const { data } = (await operator('GET', `/v1/organizations/${id}/projects?limit=100`)).body;
        expect(
          data[data.findIndex((project: { projectId: string }) => project.projectId === `p${round}`)],
        ).toMatchObject({ ...one, ...two });
      }
    },
    60_000,
  );

  test('the retention of many projects', async () => {
    const id = await organizationWith(server, 0);
    const put = (at: number) => operator('PUT', `/v1/organizations/${id}/projects/p${at}`, { retentionDays: at });
    expect(new Set(statuses(await times(12, put)))).toEqual(new Set([200]));
    const { projectRetentionDays } = (await operator('GET', `/v1/organizations/${id}/settings`)).body;
    expect(projectRetentionDays).toEqual(Object.fromEntries(Array.from({ length: 12 }, (_, at) => [`p${at}`, at])));
  });
});

describe('an Idempotency-Key', () => {
  const grant = { kind: 'top-up', credits: 100, reason: 'bought' };
  const as = (who: ReturnType<typeof caller>, id: string, body: object, key: string) =>
    who('POST', `/v1/organizations/${id}/grants`, body, { 'idempotency-key': key });

  test('is of the organization and the route: a second operator’s key gives nothing again', async () => {
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

  test('sent by many at once gives once', async () => {
    const id = await organizationWith(server, 0);
    const answers = await times(8, (at) => as(at % 2 ? operator : second, id, grant, 'many'));
    expect(statuses(answers)[0]).toBe(201);
    for (const { status, body } of answers)
      expect(status === 201 || body.code === 'idempotency_in_progress').toBe(true);
    expect(await balanceOf(server, id)).toMatchObject({ granted: 100 });
  });

  test('finds the grant that version 0.1 gave under it', async () => {
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

  test('does not show an organization what an operator alone may set', async () => {
    const id = await organizationWith(server, 0);
    const key = (await operator('POST', `/v1/organizations/${id}/keys`, { role: 'organization' })).body;
    const put = (who: ReturnType<typeof caller>) =>
      who('PUT', `/v1/organizations/${id}/settings`, { plan: 'starter' }, { 'idempotency-key': 'plan' });
    expect((await put(operator)).status).toBe(200);
    expect((await put(caller(server, key))).body.code).toBe('forbidden');
  });
});

describe('what is repeated is answered from what is stored:', () => {
  test('a grant under its id, with another reason', async () => {
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

  test('an organization', async () => {
    const id = await organizationWith(server, 0);
    const first = (await operator('GET', `/v1/organizations/${id}`)).body;
    const make = (more: object) => operator('POST', '/v1/organizations', { id, name: first.name, ...more });
    expect(await make({ plan: 'starter' })).toMatchObject({ status: 200, body: { plan: first.plan } });
    for (const other of [{ name: 'Another' }, { currency: 'EUR' }])
      expect(await make(other)).toMatchObject({ status: 409, body: { code: 'organization_conflict' } });
  });
});
