import { Account } from './support/account';
import { useStories, type BillingSandbox } from './support/sandbox';

const story = useStories({ catalog: 'iteration-layer', from: '2026-04-11T09:00' });
const END = '2026-05-11T09:00:00.000Z';
const NEXT_END = '2026-06-11T09:00:00.000Z';
const developer = (sandbox: BillingSandbox, used = 0) => Account.subscriber(sandbox, 'developer', { used });
const cancel = (account: Account, when?: 'now' | 'period-end') =>
  account.call('DELETE', `/subscription${when === undefined ? '' : `?when=${when}`}`);
const grossOf = async (account: Account) => (await account.invoices()).map(({ gross }) => gross);

story('b16: a cancellation that is taken back changes nothing', async ({ at, sandbox }) => {
  const account = await developer(sandbox, 100);
  await at('2026-04-20T00:00');
  expect(await cancel(account)).toMatchObject({ status: 200, body: { status: 'active', cancelsAt: END } });
  await at('2026-05-01T00:00');
  const { revision } = await account.get('/balance');
  expect(await account.ok('POST', '/subscription/resume')).toMatchObject({ status: 'active', cancelsAt: null });
  await sandbox.settle();
  expect(await account.available()).toBe(900);
  expect((await account.events('CreditsGranted')).filter((event) => event.revision > revision)).toEqual([]);
  expect(await grossOf(account)).toEqual([2999]);
  await at(END);
  expect(await account.get('/subscription')).toMatchObject({ status: 'active', period: { start: END, end: NEXT_END } });
  expect(await grossOf(account)).toEqual([2999, 2999]);
  expect(await account.available()).toBe(1000);
});

story('b17: a cancellation that is sent twice ends the subscription once', async ({ at, sandbox }) => {
  const account = await developer(sandbox);
  await at('2026-04-20T00:00');
  const first = await cancel(account);
  const second = await cancel(account, 'period-end');
  expect([first.status, second.status]).toEqual([200, 200]);
  // The revision is the same: the second one added no event.
  expect(second.body).toEqual(first.body);
  await at('2026-05-11T08:59:59');
  expect(await account.get('/subscription')).toMatchObject({ status: 'active', cancelsAt: END });
  expect(await account.available()).toBe(1000);
  await at(END);
  expect(await account.get('/subscription')).toMatchObject({ status: 'ended' });
  expect(await account.available()).toBe(0);
  expect(await grossOf(account)).toEqual([2999]);
  await at(NEXT_END);
  expect(await grossOf(account)).toEqual([2999]);
});

story('b18: a subscription that is past due ends at once when it is cancelled', async ({ at, sandbox }) => {
  const account = await developer(sandbox, 100);
  await account.script({ next: ['declined', 'declined'] });
  await at('2026-05-13T00:00');
  expect(await account.get('/subscription')).toMatchObject({ status: 'past_due' });
  const [, renewal] = await account.invoices();
  expect(renewal).toMatchObject({ status: 'past_due', due: 2999 });
  expect(await cancel(account)).toMatchObject({ status: 200, body: { status: 'ended' } });
  expect((await account.invoices())[1]).toMatchObject({ status: 'void', due: 0, number: renewal.number });
  await at('2026-05-25T00:00');
  expect(await account.charges()).toEqual([
    '2026-04-11T09:00:00.000Z paid',
    '2026-05-11T09:00:00.000Z failed',
    '2026-05-12T09:00:00.000Z failed',
  ]);
  expect(await account.pay(renewal.number)).toMatchObject({ status: 409, body: { code: 'invoice_not_open' } });
  expect(await account.available()).toBe(0);
});

story(
  'cancelled at once, the paid credits stay to their date beside those of a new subscription',
  async ({ at, sandbox }) => {
    const account = await Account.subscriber(sandbox, 'startup', { used: 1000 });
    await account.change('developer');
    await at('2026-04-20T00:00');
    const first = await cancel(account, 'now');
    expect(first).toMatchObject({ status: 200, body: { status: 'ended', nextPlan: null } });
    // (the close of the period arrives in between, and is an event of the stream too)
    expect((await cancel(account, 'now')).body).toEqual({ ...first.body, revision: expect.any(Number) });
    expect(await account.available()).toBe(4000);
    expect((await account.get('/credit-notes')).data).toEqual([]);
    expect(await account.ok('GET', '')).toMatchObject({ plan: null });

    await at('2026-04-21T00:00');
    await account.buy('developer');
    const period = { start: '2026-04-21T00:00:00.000Z', end: '2026-05-21T00:00:00.000Z' };
    expect(await account.get('/subscription')).toMatchObject({ anchor: period.start, period });
    expect(await account.available()).toBe(5000);
    await at(END);
    expect(await account.available()).toBe(1000);
    await at(period.end);
    expect(await grossOf(account)).toEqual([11999, 2999, 2999]);
  },
);

story('a subscription that has ended cannot be resumed or cancelled again', async ({ at, sandbox }) => {
  const account = await developer(sandbox);
  expect(await account.call('POST', '/subscription', { plan: 'startup' })).toMatchObject({
    status: 409,
    body: { code: 'subscription_active' },
  });
  await cancel(account);
  await at(END);
  expect(await account.call('POST', '/subscription/resume')).toMatchObject({ status: 409 });
  expect(await account.get('/subscription')).toMatchObject({ status: 'ended' });
  const never = await Account.open(sandbox);
  expect(await cancel(never)).toMatchObject({ status: 409, body: { code: 'no_subscription' } });
});
