import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { caller, eventually } from '../support/callers';
import {
  call,
  newDirectory,
  removeDirectories,
  ServerProcess,
  startOneProcess,
  type Standalone,
} from '../support/server';
import { startTally } from '../support/tally';
import type { Left } from './life';
import { keptBy, type SurvivingData } from './survives';

type ExpectedData = SurvivingData &
  Left & {
    readonly operator: string;
    readonly demo: Readonly<Record<string, string>>;
    readonly deadLetters: readonly { readonly value: string }[];
    readonly unread: {
      readonly submitted: readonly { readonly organizationId: string; readonly id: string }[];
      readonly completed: { readonly organizationId: string; readonly id: string };
      readonly bad: string;
    };
  };

/** Settings for a directory that is much older than the clock. */
const FLAGS: readonly string[] = ['--accept-clock'];
/** The directories age: limits by age are disabled, so that the tests pass in later years. */
const ENVIRONMENT = { TALLY_JOB_WINDOW_DAYS: '3650', TALLY_BUS_RETENTION_DAYS: '3650' };

jest.setTimeout(120_000);
afterAll(removeDirectories);

const directories = readdirSync(__dirname, { withFileTypes: true }).filter((entry) => entry.isDirectory());

describe.each(directories.map(({ name }) => name))('a data directory of version %s', (name) => {
  const from = join(__dirname, name);
  const expected = JSON.parse(readFileSync(join(from, 'must-survive.json'), 'utf8')) as ExpectedData;
  const data = newDirectory();
  let server: Standalone;
  beforeAll(async () => {
    execFileSync('tar', ['-xzf', join(from, 'data.tar.gz'), '-C', data]);
    server = await startOneProcess(data, { flags: FLAGS, environment: ENVIRONMENT });
  });
  afterAll(async () => expect(await server.process.stop()).toBe(0));
  const operator = (...given: Parameters<ReturnType<typeof caller>>) =>
    caller(server, { key: expected.operator })(...given);

  test('streams, balances, names, details, projects, keys and settings are unchanged', async () => {
    const revisions = Object.entries(expected.organizations).map(([id, { revision }]) => [id, revision]);
    const kept = await keptBy(server.url, expected.operator, Object.fromEntries(revisions));
    const { organizations, serviceKeys } = expected;
    expect(kept).toMatchObject({ organizations, serviceKeys });
  });

  test('every valid key is still valid, and no other', async () => {
    const look = async (key: string) => (await call(`${server.url}/v1/catalog`, { key })).status;
    const good = [...Object.values(expected.demo), ...Object.values(expected.keys).map(({ key }) => key)];
    expect(await Promise.all(good.map(look))).toEqual(good.map(() => 200));
    const ended = Object.values(expected.revoked);
    expect(await Promise.all(ended.map(look))).toEqual(ended.map(() => 401));
    const ofAcme = caller(server, expected.keys['organization']!);
    expect((await ofAcme('GET', '/v1/organizations/acme/balance')).status).toBe(200);
    expect((await ofAcme('GET', '/v1/organizations/borealis/balance')).status).toBe(404);
  });

  test('unread messages on the bus are decided', async () => {
    const { submitted, completed, bad } = expected.unread;
    const look = ({ organizationId, id }: typeof completed) =>
      operator('GET', `/v1/jobs/${id}?organizationId=${organizationId}`);
    for (const job of submitted)
      await eventually(
        () => look(job),
        ({ body }) => ['reserved', 'timed-out'].includes(body.status),
      );
    await eventually(
      () => look(completed),
      ({ body }) => body.status === 'consumed',
    );
    const letters = () => operator('GET', '/v1/ops/dead-letters');
    const values = [...expected.deadLetters.map(({ value }) => value), bad];
    const seen = await eventually(letters, ({ body }) => body.data.length >= values.length);
    expect(seen.body.data.map(({ value }: { value: string }) => value)).toEqual(values);
  });

  test('an outcome that arrived before its job is applied', async () => {
    const { organizationId, jobId: id } = expected.early;
    const job = { id, organizationId, operation: 'document-extraction', usage: { pages: 5 } };
    const submit = caller(server, expected.keys['service']!);
    const how = { credits: 5, status: 'consumed', consumed: 2, outcomeWasWaiting: true };
    expect(await submit('POST', '/v1/jobs', job)).toMatchObject({ status: 202, body: how });
    const look = () => operator('GET', `/v1/jobs/${id}?organizationId=${organizationId}`);
    const { body } = await eventually(look, (answer) => answer.body.status === 'consumed');
    expect(body).toMatchObject({ consumed: 2 });
  });

  test('nothing is billed for the time before billing, and plans and overage stay', async () => {
    const at = (id: string) => `/v1/organizations/${id}`;
    for (const id of Object.keys(expected.organizations))
      for (const list of ['invoices', 'payments', 'credit-notes'])
        expect([id, (await operator('GET', `${at(id)}/${list}`)).body.data]).toEqual([id, []]);
    const subscriptionOf = async (id: string) => (await operator('GET', `${at(id)}/subscription`)).body;
    const byTransfer = { paymentMethod: 'manual', paymentTermsDays: 14 };
    const legacy = { status: 'legacy', plan: 'startup', autoOverage: true, period: expect.anything() };
    expect(await subscriptionOf('acme')).toMatchObject({ ...legacy, ...byTransfer });
    const withoutPlan = { status: 'none', plan: null, autoOverage: false };
    expect(await subscriptionOf('borealis')).toMatchObject({ ...withoutPlan, payAsYouGo: true, ...byTransfer });
    for (const id of ['cirrus', 'dorado'])
      expect(await subscriptionOf(id)).toMatchObject({ ...withoutPlan, payAsYouGo: false, paymentMethod: 'none' });

    // Both go on as before: their jobs draw on overage.
    const submit = caller(server, expected.keys['service']!);
    for (const organizationId of ['acme', 'borealis']) {
      const job = { id: `later-${organizationId}`, organizationId, operation: 'document-extraction' };
      expect(await submit('POST', '/v1/jobs', { ...job, usage: { pages: 400 } })).toMatchObject({ status: 202 });
      const ended = { organizationId };
      expect(await submit('POST', `/v1/jobs/${job.id}/complete`, ended)).toMatchObject({ status: 200 });
    }
  });

  test('an organization with a plan of before renews once it has subscribed', async () => {
    const at = '/v1/organizations/acme';
    const { body: order } = await operator('POST', `${at}/subscription`, { plan: 'startup', provider: 'manual' });
    expect(order).toMatchObject({ status: 'awaiting_payment', due: { amount: 11999, currency: 'USD' } });
    const before = (await operator('GET', `${at}/balance`)).body;
    await operator('POST', `/v1/ops/invoices/${order.invoice}/payments`, { reason: 'transfer' });
    const { body } = await eventually(
      () => operator('GET', `${at}/subscription`),
      (answer) => answer.body.status === 'active',
    );
    expect(body).toMatchObject({ plan: 'startup', autoOverage: true });
    const { body: after } = await operator('GET', `${at}/balance`);
    expect(after.granted - before.granted).toBe(5000);
    const { consumed, reserved, revoked } = before;
    expect(after).toMatchObject({ consumed, reserved, revoked });
  });

  test('it belongs to the catalog of its newest rating: the first start with another one is refused', async () => {
    const again = newDirectory();
    execFileSync('tar', ['-xzf', join(from, 'data.tar.gz'), '-C', again]);
    const flags = [...FLAGS, '--port', '0', '--data', again, '--catalog', 'catalogs/leapocr.yaml'];
    const refused = new ServerProcess({ flags, environment: ENVIRONMENT });
    expect(await refused.ended).toBe(1);
    expect(refused.err).toContain('The log belongs to the catalog "iteration-layer", but TALLY_CATALOG is');
  });

  test.each([['verify'], ['replay']])('tally %s finds no difference', async (command) => {
    const tally = startTally([command, '--url', server.url, '--key', expected.operator]);
    const { exitCode, out, err } = await tally.done;
    expect({ exitCode, said: exitCode === 0 ? '' : out + err }).toEqual({ exitCode: 0, said: '' });
  });
});
