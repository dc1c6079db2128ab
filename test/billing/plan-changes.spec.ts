import { Account } from './support/account';
import { useStories, type BillingSandbox } from './support/sandbox';

const story = useStories({ catalog: 'iteration-layer', from: '2026-04-11T09:00' });
const usd = (amount: number) => ({ amount, currency: 'USD' });
const amounts = ({ lines }: { lines: readonly { amount: number }[] }) => lines.map(({ amount }) => amount);
const END = '2026-05-11T09:00:00.000Z';
/** Subscriptions start with P1, a period of 30 days. */
const P1 = { start: '2026-04-11T09:00:00.000Z', end: END };

const developer = (sandbox: BillingSandbox, used = 0) => Account.subscriber(sandbox, 'developer', { used });
const startup = (sandbox: BillingSandbox, used = 0) => Account.subscriber(sandbox, 'startup', { used });
const preview = (account: Account, plan: string) => account.ok('POST', '/subscription/changes', { plan });
const confirm = (account: Account, id: string) => account.call('POST', `/subscription/changes/${id}/confirm`);

/** The least credits that were available between two revisions. */
async function leastAvailable(account: Account, from: number, to: number): Promise<number> {
  const revisions = Array.from({ length: to - from + 1 }, (_, index) => from + index);
  const balances = await Promise.all(revisions.map((revision) => account.get(`/balance?atRevision=${revision}`)));
  return Math.min(...balances.map(({ available }) => available));
}

story('b01: an upgrade with half of the period left costs half of the difference', async ({ at, sandbox }) => {
  const account = await developer(sandbox, 400);
  await at('2026-04-26T09:00');
  const before = await account.get('/balance');
  expect(before.available).toBe(600);
  const change = await account.change('startup');
  expect(change).toMatchObject({ kind: 'upgrade', due: usd(4500), credits: 2000, confirmed: { due: usd(4500) } });
  expect(amounts(change)).toEqual([-1500, 6000]);
  const after = await account.get('/balance');
  expect(after.available).toBe(2600);
  expect(await leastAvailable(account, before.revision, after.revision)).toBe(600);
  const state = { status: 'active', plan: 'startup', anchor: P1.start, period: P1, price: usd(11999) };
  expect(await account.get('/subscription')).toMatchObject(state);
  expect(await account.soldGrants()).toMatchObject([
    { credits: 1000, expiresAt: END },
    { credits: 2000, expiresAt: END },
  ]);
  const paid = { status: 'paid', net: 4500, tax: 0, gross: 4500, paid: 4500, due: 0 };
  expect((await account.invoices())[1]).toMatchObject({ ...paid, number: change.confirmed.invoice });

  await at(END);
  expect((await account.invoices())[2]).toMatchObject({ status: 'paid', gross: 11999, lines: [{ kind: 'plan' }] });
  expect(await account.available()).toBe(5000);
});

story('b02: an upgrade on the last day grants a thirtieth of the difference', async ({ at, sandbox }) => {
  const account = await developer(sandbox, 1000);
  await at('2026-05-10T09:00');
  const change = await account.change('startup');
  expect(change).toMatchObject({ due: usd(300), credits: 133 });
  expect(amounts(change)).toEqual([-100, 400]);
  expect(await account.available()).toBe(133);
});

story('b03: a second upgrade in the same period counts from the plan of the first', async ({ at, sandbox }) => {
  const account = await developer(sandbox, 400);
  await at('2026-04-26T09:00');
  await account.change('startup');
  await at('2026-05-03T21:00');
  const change = await account.change('business');
  expect(change).toMatchObject({ due: usd(5000), credits: 2500 });
  expect(amounts(change)).toEqual([-3000, 8000]);
  expect((await account.soldGrants()).map(({ credits }) => credits)).toEqual([1000, 2000, 2500]);
  await at(END);
  expect(await account.available()).toBe(15000);
});

story('b04: an offer holds for ten minutes, and its successor is in the refusal', async ({ at, sandbox }) => {
  const account = await developer(sandbox);
  const inTime = await developer(sandbox);
  await at('2026-04-26T09:00');
  const offer = await preview(account, 'startup');
  const other = await preview(inTime, 'startup');
  expect(offer).toMatchObject({ due: usd(4500), expiresAt: '2026-04-26T09:10:00.000Z' });
  await at('2026-04-26T09:09:59');
  expect(await confirm(inTime, other.id)).toMatchObject({ body: { due: usd(4500) } });
  await at('2026-04-26T09:11');
  const late = await confirm(account, offer.id);
  expect(late).toMatchObject({
    status: 409,
    body: { code: 'change_expired', offer: { due: usd(4497), credits: 1999 } },
  });
  await sandbox.settle();
  expect(await account.invoices()).toHaveLength(1);
  expect(await account.get('/subscription')).toMatchObject({ plan: 'developer' });
  expect(await confirm(account, late.body.offer.id)).toMatchObject({ body: { due: usd(4497) } });
  await sandbox.settle();
  expect(await account.available()).toBe(1000 + 1999);
});

story('b05: a downgrade waits for the end of the period', async ({ at, sandbox }) => {
  const account = await startup(sandbox, 2000);
  await at('2026-04-20T00:00');
  const change = await account.change('developer');
  expect(change).toMatchObject({ kind: 'downgrade', due: usd(0), at: END });
  expect(await account.get('/subscription')).toMatchObject({ plan: 'startup', nextPlan: 'developer', nextPlanAt: END });
  await at('2026-05-11T08:59:59');
  expect(await account.available()).toBe(3000);
  expect(await account.get('')).toMatchObject({ plan: 'startup' });
  await at(END);
  expect(await account.get('/subscription')).toMatchObject({ plan: 'developer', nextPlan: null, price: usd(2999) });
  expect(await account.available()).toBe(1000);
  expect((await account.invoices()).map(({ gross }) => gross)).toEqual([11999, 2999]);
  expect((await account.get('/credit-notes')).data).toEqual([]);
});

story('b06: a scheduled downgrade can be withdrawn', async ({ at, sandbox }) => {
  const account = await startup(sandbox, 2000);
  await at('2026-04-20T00:00');
  await account.change('developer');
  await at('2026-04-30T00:00');
  const { changeId, nextPlan } = await account.get('/subscription');
  expect(nextPlan).toBe('developer');
  await account.ok('DELETE', `/subscription/changes/${changeId}`);
  expect(await account.get('/subscription')).toMatchObject({ nextPlan: null, nextPlanAt: null });
  await at(END);
  expect((await account.invoices()).map(({ gross }) => gross)).toEqual([11999, 11999]);
  expect(await account.available()).toBe(5000);
});

story('b06: an upgrade clears a scheduled downgrade', async ({ at, sandbox }) => {
  const account = await startup(sandbox, 2000);
  await at('2026-04-20T00:00');
  await account.change('developer');
  await at('2026-05-01T00:00');
  await account.change('business');
  expect(await account.get('/subscription')).toMatchObject({ plan: 'business', nextPlan: null });
  await at(END);
  expect(await account.get('/subscription')).toMatchObject({ plan: 'business' });
  expect((await account.invoices()).at(-1)).toMatchObject({ gross: 31999 });
});

story('a downgrade can be replaced by another one before it takes effect', async ({ at, sandbox }) => {
  const account = await Account.subscriber(sandbox, 'business');
  await at('2026-04-20T00:00');
  await account.change('developer');
  await account.change('startup');
  expect(await account.get('/subscription')).toMatchObject({ plan: 'business', nextPlan: 'startup' });
  await at(END);
  expect(await account.get('/subscription')).toMatchObject({ plan: 'startup' });
});

story('a declined upgrade changes nothing, and its invoice is void at once', async ({ at, sandbox }) => {
  const account = await developer(sandbox, 400);
  await at('2026-04-26T09:00');
  await account.script({ next: ['declined'] });
  await account.change('startup');
  expect(await account.get('/subscription')).toMatchObject({ status: 'active', plan: 'developer', pending: null });
  expect((await account.invoices())[1]).toMatchObject({ status: 'void', paid: 0, due: 0 });
  expect(await account.available()).toBe(600);
  await at(END);
  expect((await account.invoices()).map(({ status, gross }) => [status, gross])).toEqual([
    ['paid', 2999],
    ['void', 4500],
    ['paid', 2999],
  ]);
});

story('an upgrade that the customer has to confirm lapses after 24 hours', async ({ at, sandbox }) => {
  const account = await developer(sandbox);
  const confirmed = await developer(sandbox);
  await at('2026-04-26T09:00');
  for (const one of [account, confirmed]) {
    await one.script({ next: ['requires_action'] });
    await one.change('startup');
    expect(await one.get('/subscription')).toMatchObject({ plan: 'developer', pending: { plan: 'startup' } });
    const second = await preview(one, 'business').catch(({ message }: Error) => message);
    expect(String(second)).toContain('change_pending');
  }
  await at('2026-04-26T14:00');
  await confirmed.settlePayment('paid');
  expect(await confirmed.get('/subscription')).toMatchObject({ plan: 'startup', pending: null });
  expect(await confirmed.available()).toBe(3000);
  await at('2026-04-27T09:00');
  expect(await account.get('/subscription')).toMatchObject({ plan: 'developer', pending: null });
  expect((await account.invoices())[1]).toMatchObject({ status: 'void' });
  expect(await account.available()).toBe(1000);
});
