import { Account } from './support/account';
import { useStories, type BillingSandbox } from './support/sandbox';

const story = useStories({ catalog: 'iteration-layer', from: '2026-04-11T09:00' });
const END = '2026-05-11T09:00:00.000Z';
const NEXT_END = '2026-06-11T09:00:00.000Z';

/** An organization that pays by bank transfer, with a first invoice that is open. */
async function ordered(sandbox: BillingSandbox, { terms = 14, plan = 'developer' } = {}) {
  const account = await Account.open(sandbox);
  await account.payByTransfer(terms);
  const order = await account.ok('POST', '/subscription', { plan });
  return { account, number: order.invoice as string, order };
}

async function subscribed(sandbox: BillingSandbox): Promise<Account> {
  const { account, number } = await ordered(sandbox);
  await account.pay(number);
  await sandbox.settle();
  return account;
}

story('a plan that is paid by transfer starts when the payment is recorded', async ({ at, sandbox }) => {
  const { account, number, order } = await ordered(sandbox);
  expect(order).toMatchObject({ status: 'awaiting_payment', due: { amount: 2999, currency: 'USD' } });
  expect(await account.get(`/invoices/${number}`)).toMatchObject({
    status: 'open',
    issuedAt: '2026-04-11T09:00:00.000Z',
    dueAt: '2026-04-25T09:00:00.000Z',
    due: 2999,
  });
  expect(await account.get('/subscription')).toMatchObject({ status: 'none', pending: { plan: 'developer' } });
  expect(await account.available()).toBe(0);
  await at('2026-04-14T08:30:15');
  expect(await account.pay(number, { reference: 'transfer 17' })).toMatchObject({ status: 201 });
  await sandbox.settle();
  const period = { start: '2026-04-14T08:30:15.000Z', end: '2026-05-14T08:30:15.000Z' };
  expect(await account.get('/subscription')).toMatchObject({ status: 'active', anchor: period.start, period });
  expect(await account.soldGrants()).toMatchObject([{ credits: 1000, expiresAt: period.end }]);
  expect(await account.get(`/invoices/${number}`)).toMatchObject({
    status: 'paid',
    paid: 2999,
    due: 0,
    payments: [{ amount: 2999, provider: 'manual', reference: 'transfer 17' }],
  });
  expect(await account.pay(number)).toMatchObject({ status: 409, body: { code: 'invoice_paid' } });
});

story('payments in parts count once for each Idempotency-Key, and never above what is due', async ({ sandbox }) => {
  const { account, number } = await ordered(sandbox);
  const part = (amount: number, key?: string) =>
    account.pay(number, { amount }, key === undefined ? {} : { 'idempotency-key': key });
  expect(await part(1000)).toMatchObject({ status: 422, body: { code: 'idempotency_required' } });
  const first = await part(1000, 'part-1');
  expect(first).toMatchObject({ status: 201 });
  expect((await part(1000, 'part-1')).body).toEqual(first.body);
  expect(await account.get(`/invoices/${number}`)).toMatchObject({ status: 'open', paid: 1000, due: 1999 });
  expect(await part(2000, 'part-2')).toMatchObject({ status: 422, body: { code: 'amount_too_high' } });
  expect(await account.get('/subscription')).toMatchObject({ status: 'none' });
  expect(await part(1998, 'part-3')).toMatchObject({ status: 201 });
  expect(await account.available()).toBe(0);
  expect(await account.pay(number)).toMatchObject({ status: 201 });
  await sandbox.settle();
  const { payments, ...invoice } = await account.get(`/invoices/${number}`);
  expect(invoice).toMatchObject({ status: 'paid', paid: 2999, due: 0 });
  expect(payments.map(({ amount }: { amount: number }) => amount)).toEqual([1000, 1998, 1]);
  expect(await account.available()).toBe(1000);
});

story('a first invoice that is not paid is void at the end of its terms', async ({ at, sandbox }) => {
  const { account, number } = await ordered(sandbox, { terms: 10 });
  await at('2026-04-21T08:59:59');
  expect(await account.get(`/invoices/${number}`)).toMatchObject({ status: 'open' });
  await at('2026-04-21T09:00');
  expect(await account.get(`/invoices/${number}`)).toMatchObject({ status: 'void', number, due: 0 });
  expect(await account.pay(number)).toMatchObject({ status: 409, body: { code: 'invoice_not_open' } });
  expect(await account.get('/subscription')).toMatchObject({ status: 'none', pending: null });
});

story(
  'a renewal by transfer keeps the old credits until its terms end, then follows dunning',
  async ({ at, sandbox }) => {
    const account = await subscribed(sandbox);
    await account.use(500 + 300);
    await at(END);
    const [, renewal] = await account.invoices();
    expect(renewal).toMatchObject({ status: 'open', issuedAt: END, dueAt: '2026-05-25T09:00:00.000Z' });
    expect(await account.available()).toBe(700);
    await at('2026-05-25T08:59:59');
    expect(await account.get('/subscription')).toMatchObject({ status: 'active' });
    await account.use(100);
    await at('2026-05-25T09:00');
    expect(await account.available()).toBe(0);
    expect(await account.get('/subscription')).toMatchObject({ status: 'past_due' });
    expect(await account.get(`/invoices/${renewal.number}`)).toMatchObject({ status: 'past_due' });
    await at('2026-05-28T12:00');
    await account.pay(renewal.number);
    await sandbox.settle();
    expect(await account.soldGrants()).toMatchObject([
      { expired: 600 },
      { credits: 1000, available: 1000, expiresAt: NEXT_END },
    ]);
    expect(await account.get('/subscription')).toMatchObject({ status: 'active' });

    // The next one is never paid: the last reminder is 7 days after the terms.
    await at('2026-07-02T08:59:59');
    expect(await account.get('/subscription')).toMatchObject({ status: 'past_due' });
    await at('2026-07-02T09:00');
    expect(await account.get('/subscription')).toMatchObject({ status: 'ended' });
    expect((await account.invoices()).map(({ status }) => status)).toEqual(['paid', 'paid', 'void']);
  },
);

story('an upgrade by transfer lapses at the end of the period at the latest', async ({ at, sandbox }) => {
  const [late, paid] = [await subscribed(sandbox), await subscribed(sandbox)];
  await at('2026-05-04T09:00');
  for (const account of [late, paid]) await account.change('startup');
  const [, upgrade] = await late.invoices();
  expect(upgrade).toMatchObject({ status: 'open', gross: 2100 });
  const [, other] = await paid.invoices();
  await paid.pay(other.number);
  await sandbox.settle();
  expect(await paid.get('/subscription')).toMatchObject({ plan: 'startup' });
  await at(END);
  expect(await late.get(`/invoices/${upgrade.number}`)).toMatchObject({ status: 'void' });
  expect(await late.get('/subscription')).toMatchObject({ plan: 'developer', pending: null });
  expect((await late.invoices())[2]).toMatchObject({ status: 'open', gross: 2999 });
});

story('terms that end with the last reminder after the shortest period are refused', async ({ sandbox }) => {
  const account = await Account.open(sandbox);
  expect(await account.payByTransfer(60)).toMatchObject({
    status: 422,
    body: { errors: [{ field: 'paymentTermsDays' }] },
  });
  expect(await account.payByTransfer(14)).toMatchObject({ status: 200, body: { paymentTermsDays: 14 } });
});

story('void keeps the number, and is refused once money was received', async ({ sandbox }) => {
  const { account, number } = await ordered(sandbox);
  const act = (invoice: string, action: string, body: object = { reason: 'ordered by mistake' }) =>
    sandbox.call('POST', `/v1/ops/invoices/${invoice}/${action}`, body);
  expect(await act(number, 'void', {})).toMatchObject({ status: 422, body: { errors: [{ field: 'reason' }] } });
  expect(await act(number, 'void')).toMatchObject({ status: 200, body: { status: 'void', number } });
  const { invoice } = await account.ok('POST', '/subscription', { plan: 'developer' });
  expect(invoice).toBe(number.replace(/1$/, '2'));
  await account.pay(invoice, { amount: 100 }, { 'idempotency-key': 'part' });
  expect(await act(invoice, 'void')).toMatchObject({ status: 409 });
  await account.pay(invoice);
  await sandbox.settle();
  expect(await account.get('/subscription')).toMatchObject({ status: 'active' });
  expect((await account.invoices()).map(({ status }) => status)).toEqual(['void', 'paid']);
});

story(
  'what is left of an invoice when dunning has ended can be written off, and is paid by money that still arrives',
  async ({ at, sandbox }) => {
    const account = await subscribed(sandbox);
    await at('2026-05-11T06:00');
    // Less than the minimum charge: it waits for the renewal.
    await account.change('startup');
    await at('2026-06-01T08:59:59');
    const [, renewal] = await account.invoices();
    expect(renewal).toMatchObject({ status: 'past_due', gross: 12037, due: 12037 });
    const writeOff = () =>
      sandbox.call('POST', `/v1/ops/invoices/${renewal.number}/write-off`, { reason: 'agreed by phone' });
    expect(await writeOff()).toMatchObject({ status: 409, body: { code: 'invoice_not_uncollectible' } });
    await at('2026-06-01T09:00');
    const invoice = () => account.get(`/invoices/${renewal.number}`);
    expect(await invoice()).toMatchObject({ status: 'uncollectible', credited: 11999, due: 38 });
    expect((await account.get('/credit-notes')).data).toMatchObject([{ invoice: renewal.number, gross: 11999 }]);
    expect(await account.get('/subscription')).toMatchObject({ status: 'ended' });
    expect(await writeOff()).toMatchObject({ status: 200, body: { status: 'written_off', due: 0 } });
    expect(await account.pay(renewal.number, { amount: 38 }, { 'idempotency-key': 'late' })).toMatchObject({
      status: 201,
    });
    await sandbox.settle();
    expect(await invoice()).toMatchObject({ status: 'paid', paid: 38, due: 0, number: renewal.number });
    expect(await account.soldGrants()).toHaveLength(2);
  },
);

story('a plan that is paid in part when dunning ends is credited, and grants nothing', async ({ at, sandbox }) => {
  const [mixed, plain] = [await subscribed(sandbox), await subscribed(sandbox)];
  await at('2026-05-11T06:00');
  await mixed.change('startup');
  await at('2026-05-20T00:00');
  const pay = async (account: Account, amount: number) => {
    const [, { number }] = await account.invoices();
    const paid = await account.pay(number, { amount }, { 'idempotency-key': number });
    expect(paid).toMatchObject({ status: 201, body: { paid: amount } });
  };
  // As much as the carried lines of one invoice, and a part of the plan of the other one.
  await pay(mixed, 38);
  await pay(plain, 1000);
  await at('2026-06-01T09:00');
  for (const account of [mixed, plain]) {
    expect(await account.get('/subscription')).toMatchObject({ status: 'ended' });
    expect(await account.available()).toBe(0);
    expect((await account.invoices())[1]).toMatchObject({ due: 0 });
  }
  expect((await mixed.get('/credit-notes')).data).toMatchObject([{ gross: 11999 }]);
  expect((await plain.get('/credit-notes')).data).toMatchObject([{ gross: 2999 }]);
});

story('a credit note over all of an open invoice makes it paid without money', async ({ at, sandbox }) => {
  const account = await subscribed(sandbox);
  await at(END);
  const [, renewal] = await account.invoices();
  const note = { amount: 2999, reason: 'goodwill' };
  const credit = (key: string) =>
    sandbox.call('POST', `/v1/ops/invoices/${renewal.number}/credit-notes`, note, { 'idempotency-key': key });
  expect(await credit('all')).toMatchObject({ status: 201, body: { net: 2999, tax: 0, gross: 2999 } });
  expect(await account.get(`/invoices/${renewal.number}`)).toMatchObject({ status: 'paid', paid: 0, due: 0 });
  expect(await credit('more')).toMatchObject({ status: 422, body: { code: 'amount_too_high' } });
});
