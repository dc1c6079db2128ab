import { Account } from './support/account';
import { useStories, type BillingSandbox } from './support/sandbox';

const story = useStories({ catalog: 'iteration-layer', from: '2026-04-11T09:00' });
const END = '2026-05-11T09:00:00.000Z';
const NEXT_END = '2026-06-11T09:00:00.000Z';
const DECLINED = { next: ['declined', 'declined', 'declined', 'declined', 'declined'] };
const developer = (sandbox: BillingSandbox, used = 0) => Account.subscriber(sandbox, 'developer', { used });
const typesAfter = async (account: Account, revision: number) =>
  (await account.events()).filter((event) => event.revision > revision).map(({ type }) => type);

story('b12: while a renewal is being paid, what is left of the old credits is usable', async ({ at, sandbox }) => {
  const paid = await Account.subscriber(sandbox, 'startup', { used: 4300 });
  const failed = await Account.subscriber(sandbox, 'startup', { used: 4300 });
  for (const account of [paid, failed]) await account.script({ next: ['processing'] });
  await at('2026-05-11T09:30');
  for (const account of [paid, failed]) {
    expect(await account.available()).toBe(700);
    expect(await account.get('/subscription')).toMatchObject({ status: 'active' });
    await account.use(50);
  }
  await at('2026-05-11T10:00:20');
  const { revision } = await paid.get('/balance');
  await paid.settlePayment('paid');
  await failed.settlePayment('declined');
  expect(await paid.available()).toBe(5000);
  const [, second] = await paid.soldGrants();
  expect(second).toMatchObject({ credits: 5000, expiresAt: NEXT_END });
  // One append: nothing comes between the expiry and the grant.
  expect(await typesAfter(paid, revision)).toEqual(
    expect.arrayContaining(['CreditsExpired', 'PlanSet', 'CreditsGranted']),
  );
  expect((await paid.get('/balance')).expired - (await paid.get(`/balance?atRevision=${revision}`)).expired).toBe(650);
  expect(await failed.available()).toBe(0);
  expect((await failed.get('/balance')).ended.byKind.package).toMatchObject({ expired: 650 });
  expect(await failed.get('/subscription')).toMatchObject({ status: 'past_due' });
});

story('b13: a renewal that is paid late grants until the next renewal', async ({ at, sandbox }) => {
  const account = await developer(sandbox, 100);
  const gift = { grantId: 'gift', kind: 'promotional', credits: 250, reason: 'gift' };
  await account.ok('POST', '/grants', gift);
  await account.script(DECLINED);
  await at('2026-05-12T10:00');
  expect(await account.available()).toBe(250);
  await account.use(10);
  const balance = await account.get('/balance');
  expect(balance.grants).toMatchObject([{ grantId: 'gift', available: 240 }]);
  expect(await account.get('/subscription')).toMatchObject({ status: 'past_due', plan: 'developer' });
  await at('2026-05-17T12:00');
  await account.script({ card: 'new', next: [] });
  await sandbox.settle();
  expect(await account.get('/subscription')).toMatchObject({ status: 'active', period: { start: END, end: NEXT_END } });
  expect((await account.soldGrants())[1]).toMatchObject({
    credits: 1000,
    grantedAt: '2026-05-17T12:00:00.000Z',
    expiresAt: NEXT_END,
  });
  await at(NEXT_END);
  expect(await account.get('/subscription')).toMatchObject({ status: 'active', period: { start: NEXT_END } });
  expect((await account.invoices()).map(({ status }) => status)).toEqual(['paid', 'paid', 'paid']);
});

story(
  'b32: attempts follow the schedule from the first failure, and a new card is charged at once',
  async ({ at, sandbox }) => {
    const account = await developer(sandbox);
    await account.script({ next: ['processing', 'declined', 'declined'] });
    await at('2026-05-11T10:00');
    await account.settlePayment('declined');
    await at('2026-05-15T08:00');
    await account.script({ card: 'new' });
    await sandbox.settle();
    expect(await account.get('/subscription')).toMatchObject({ status: 'active' });
    await at('2026-05-25T00:00');
    expect(await account.charges()).toEqual([
      '2026-04-11T09:00:00.000Z paid',
      '2026-05-11T10:00:00.000Z failed',
      '2026-05-12T10:00:00.000Z failed',
      '2026-05-14T10:00:00.000Z failed',
      '2026-05-15T08:00:00.000Z paid',
    ]);
  },
);

story('after the last attempt the subscription ends and the invoice of its plan is void', async ({ at, sandbox }) => {
  const account = await developer(sandbox, 100);
  await account.script(DECLINED);
  await at('2026-05-18T08:59:59');
  expect(await account.get('/subscription')).toMatchObject({ status: 'past_due' });
  await at('2026-05-18T09:00');
  expect(await account.get('/subscription')).toMatchObject({ status: 'ended' });
  expect((await account.invoices())[1]).toMatchObject({ status: 'void', due: 0 });
  expect(await account.get('')).toMatchObject({ plan: null });
  expect((await account.charges()).slice(1)).toEqual([
    '2026-05-11T09:00:00.000Z failed',
    '2026-05-12T09:00:00.000Z failed',
    '2026-05-14T09:00:00.000Z failed',
    '2026-05-16T09:00:00.000Z failed',
    '2026-05-18T09:00:00.000Z failed',
  ]);
  await at('2026-07-01T00:00');
  expect(await account.invoices()).toHaveLength(2);
  await account.buy('developer');
  expect(await account.available()).toBe(1000);
  expect(await account.get('/subscription')).toMatchObject({ anchor: '2026-07-01T00:00:00.000Z' });
});

story('a card that is declined for good is not charged again', async ({ at, sandbox }) => {
  const [ended, replaced] = [await developer(sandbox), await developer(sandbox)];
  for (const account of [ended, replaced]) await account.script({ next: ['declined_hard'] });
  await at('2026-05-16T12:00');
  await replaced.script({ card: 'new' });
  await sandbox.settle();
  expect(await replaced.get('/subscription')).toMatchObject({ status: 'active' });
  expect(await ended.get('/subscription')).toMatchObject({ status: 'past_due' });
  await at('2026-05-18T09:00');
  expect(await ended.get('/subscription')).toMatchObject({ status: 'ended' });
  expect((await ended.charges()).slice(1)).toEqual(['2026-05-11T09:00:00.000Z failed']);
  expect((await replaced.charges()).slice(1)).toEqual([
    '2026-05-11T09:00:00.000Z failed',
    '2026-05-16T12:00:00.000Z paid',
  ]);
});

story(
  'while it is past due, the plan cannot be changed and overage stops until the renewal is paid',
  async ({ at, sandbox }) => {
    const account = await developer(sandbox);
    await account.ok('PUT', '/overage', { mode: 'auto' });
    await account.script(DECLINED);
    await at('2026-05-11T08:00');
    await account.use(1100);
    await at('2026-05-12T12:00');
    const pastDue = { status: 409, body: { code: 'past_due' } };
    expect(await account.call('POST', '/subscription/changes', { plan: 'startup' })).toMatchObject(pastDue);
    expect(await account.submit(1)).toMatchObject({ status: 402, body: { code: 'insufficient_credits' } });
    await account.ok('PUT', '/overage', { mode: 'none' });
    expect(await account.call('PUT', '/overage', { mode: 'auto' })).toMatchObject(pastDue);
    await account.script({ card: 'new', next: [] });
    await sandbox.settle();
    await account.ok('PUT', '/overage', { mode: 'auto' });
    await account.use(1100);
  },
);
