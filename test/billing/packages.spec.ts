import { Account } from './support/account';
import { ownCatalog } from './support/catalogs';
import { useStories, type BillingSandbox } from './support/sandbox';

const PROJECTS: Record<string, { maxProjects: number }> = {
  starter: { maxProjects: 3 },
  pro: { maxProjects: 10 },
};
/** The packages of Ocriva, with a limit on projects that blocks jobs. */
const catalog = ownCatalog('ocriva', ({ limits, plans }) => ({
  limits: { ...limits, maxProjects: { ...limits.maxProjects, blocksJobs: true } },
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- a plan as YAML reads it
  plans: plans.map((plan: any) => ({ ...plan, limits: { ...plan.limits, ...PROJECTS[plan.id] } })),
}));

const story = useStories({ catalog, from: '2026-01-15T10:00' });
const DECLINED = { next: ['declined', 'declined', 'declined', 'declined', 'declined'] };
const STARTED = '2026-01-15T10:00:00.000Z';
const END = '2026-02-14T10:00:00.000Z';
const NEXT_END = '2026-03-16T10:00:00.000Z';
const starter = (sandbox: BillingSandbox, used = 0) => Account.subscriber(sandbox, 'starter', { used });
const kindOf = async (account: Account, kind: string) =>
  (await account.get('/balance')).grants
    .filter((grant: { kind: string }) => grant.kind === kind)
    .reduce((sum: number, { available }: { available: number }) => sum + available, 0);

async function report(account: Account, limit: string, value: number): Promise<void> {
  const id = `${account.id}-${limit}-${value}`;
  const event = { specversion: '1.0', id, source: 'test', type: 'tallystick.usage.reported' };
  const data = { organizationId: account.id, limit, value };
  const headers = { 'content-type': 'application/cloudevents+json' };
  await account.sandbox.ok('POST', '/v1/events', { ...event, data }, headers);
  await account.sandbox.settle();
}

let sales = 0;
const topUp = (account: Account, pack: string) =>
  account.sandbox.ok(
    'POST',
    `/v1/ops/organizations/${account.id}/top-ups`,
    { topUp: pack, reason: 'transfer' },
    { 'idempotency-key': `sale-${(sales += 1)}` },
  );

story(
  'b07: after a downgrade nothing is deleted, and growth is refused above the lower limit',
  async ({ at, sandbox }) => {
    const account = await Account.subscriber(sandbox, 'pro');
    await report(account, 'maxProjects', 7);
    await account.change('starter');
    await at('2026-02-14T09:59:59');
    expect(await account.submit(1)).toMatchObject({ status: 202 });
    await at(END);
    expect(await account.get('/subscription')).toMatchObject({ status: 'active', plan: 'starter' });
    const refused = { code: 'usage_limit_exceeded', limit: 'maxProjects', maximum: 3, used: 7 };
    expect(await account.submit(1)).toMatchObject({ status: 403, body: refused });
    await report(account, 'maxProjects', 2);
    expect(await account.submit(1)).toMatchObject({ status: 202 });
  },
);

story(
  'b09: an upgrade is a new package at its full price, and the old one lives to its date',
  async ({ at, sandbox }) => {
    const account = await starter(sandbox, 900);
    await at('2026-01-30T10:00');
    const change = await account.change('pro');
    expect(change).toMatchObject({ kind: 'upgrade', due: { amount: 7900, currency: 'USD' }, credits: 5000 });
    const end = '2026-03-01T10:00:00.000Z';
    expect(await account.available()).toBe(5100);
    expect(await account.soldGrants()).toMatchObject([
      { credits: 1000, expiresAt: END },
      { credits: 5000, expiresAt: end },
    ]);
    const { body: job } = await account.submit(101);
    expect(job.draws.map(({ credits }: { credits: number }) => credits)).toEqual([100, 1]);
    await sandbox.ok('POST', `/v1/jobs/${job.jobId}/complete`, { organizationId: account.id });
    await report(account, 'maxProjects', 9);
    await account.use(1);
    expect(await account.get('/subscription')).toMatchObject({ anchor: '2026-01-30T10:00:00.000Z', period: { end } });
    await at(END);
    expect(await account.invoices()).toHaveLength(2);
    expect(await account.available()).toBe(4998);
    await at(end);
    expect((await account.invoices()).map(({ gross }) => gross)).toEqual([1900, 7900, 7900]);
    expect(await account.available()).toBe(5000);
    await at('2026-03-31T10:00');
    expect(await account.invoices()).toHaveLength(4);
  },
);

story('b14: a top-up survives a renewal, a failed renewal, a cancellation and a new card', async ({ at, sandbox }) => {
  const account = await starter(sandbox, 900);
  await topUp(account, 'credits-100');
  await topUp(account, 'credits-100');
  await topUp(account, 'credits-100');
  expect(await kindOf(account, 'top-up')).toBe(300);
  await at(END);
  expect([await kindOf(account, 'package'), await kindOf(account, 'top-up')]).toEqual([1000, 300]);
  await account.script({ ...DECLINED });
  await at(NEXT_END);
  expect([await kindOf(account, 'package'), await kindOf(account, 'top-up')]).toEqual([0, 300]);
  await account.script({ card: 'new', next: [] });
  await sandbox.settle();
  expect([await kindOf(account, 'package'), await kindOf(account, 'top-up')]).toEqual([1000, 300]);
  await account.ok('DELETE', '/subscription?when=now');
  expect(await kindOf(account, 'top-up')).toBe(300);
  await at('2026-06-01T00:00');
  expect([await kindOf(account, 'package'), await kindOf(account, 'top-up')]).toEqual([0, 300]);
  const bought = (await account.invoices()).filter(({ lines }) => lines[0].kind === 'top-up');
  expect(bought.map(({ status, gross, paid }) => [status, gross, paid])).toEqual([
    ['paid', 300, 300],
    ['paid', 300, 300],
    ['paid', 300, 300],
  ]);
});

story(
  'b31: during the attempts limits and top-ups stay, afterwards the default plan applies',
  async ({ at, sandbox }) => {
    const account = await Account.subscriber(sandbox, 'pro');
    await topUp(account, 'credits-100');
    await report(account, 'maxProjects', 9);
    await account.script(DECLINED);
    await at('2026-02-15T12:00');
    expect(await account.get('/subscription')).toMatchObject({ status: 'past_due', plan: 'pro' });
    expect(await account.get('/balance')).toMatchObject({ available: 100 });
    await account.use(50);
    await topUp(account, 'credits-500');
    expect(await account.available()).toBe(550);
    expect(await account.call('POST', '/subscription/changes', { plan: 'business' })).toMatchObject({
      status: 409,
      body: { code: 'past_due' },
    });
    await at('2026-02-21T10:00');
    expect(await account.get('/subscription')).toMatchObject({ status: 'ended' });
    expect(await account.get('')).toMatchObject({ plan: 'free' });
    expect(await account.submit(1)).toMatchObject({ status: 403, body: { limit: 'maxProjects', maximum: 1, used: 9 } });
  },
);

story(
  'a package that is paid late lasts 30 days from its payment, and renews on its anchor',
  async ({ at, sandbox }) => {
    const account = await starter(sandbox);
    await account.script(DECLINED);
    await at('2026-02-17T12:00');
    await account.script({ card: 'new', next: [] });
    await sandbox.settle();
    const end = '2026-03-19T12:00:00.000Z';
    expect((await account.soldGrants())[1]).toMatchObject({ credits: 1000, expiresAt: end });
    expect(await account.get('/subscription')).toMatchObject({
      anchor: STARTED,
      period: { start: END, end: NEXT_END },
    });
    await account.use(400);
    await at(NEXT_END);
    expect(await account.available()).toBe(1600);
    await at(end);
    expect(await account.available()).toBe(1000);
  },
);

story('a package that is paid by transfer lasts 30 days from the day of the payment', async ({ at, sandbox }) => {
  const account = await Account.open(sandbox);
  await account.payByTransfer();
  const { invoice } = await account.ok('POST', '/subscription', { plan: 'starter' });
  await at('2026-01-20T12:00');
  expect(await account.pay(invoice, { paidAt: '2026-01-18T00:00:00Z' })).toMatchObject({ status: 201 });
  await sandbox.settle();
  const [grant] = await account.soldGrants();
  expect(grant).toMatchObject({ credits: 1000, expiresAt: '2026-02-17T00:00:00.000Z' });
  // The period starts when the payment is recorded.
  expect(await account.get('/subscription')).toMatchObject({ anchor: '2026-01-20T12:00:00.000Z' });
});
