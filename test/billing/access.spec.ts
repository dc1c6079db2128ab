import { Account, BUYER } from './support/account';
import { useSandbox } from './support/sandbox';

const sandbox = useSandbox({ catalog: 'iteration-layer', from: '2026-04-11T09:00' });

/** An organization with a plan, and headers with keys of the organization, of a project and of a service. */
async function parties() {
  const account = await Account.subscriber(sandbox, 'developer');
  const keyOf = async (path: string, body: object) => ({ key: (await sandbox.ok('POST', path, body)).key as string });
  const keys = `/v1/organizations/${account.id}/keys`;
  return {
    account,
    organization: await keyOf(keys, { role: 'organization', name: 'Finance' }),
    project: await keyOf(keys, { projectId: 'p', name: 'Project' }),
    service: await keyOf('/v1/ops/keys', { role: 'service', name: 'Worker' }),
  };
}

const OF_ORGANIZATIONS: readonly (readonly [string, string, object?])[] = [
  ['GET', '/subscription'],
  ['POST', '/subscription', { plan: 'startup' }],
  ['DELETE', '/subscription'],
  ['POST', '/subscription/resume'],
  ['POST', '/subscription/changes', { plan: 'startup' }],
  ['PUT', '/overage', { mode: 'none' }],
  ['GET', '/invoices'],
  ['GET', '/credit-notes'],
  ['GET', '/payments'],
  ['GET', '/billing-details'],
  ['PUT', '/billing-details', BUYER],
];

for (const [method, path, body] of OF_ORGANIZATIONS)
  test(`a key of a project or service may not ${method} …${path}`, async () => {
    const { account, project, service } = await parties();
    for (const headers of [project, service])
      expect([403, 404]).toContain((await account.call(method, path, body, headers)).status);
    expect(await account.get('/subscription')).toMatchObject({ status: 'active', plan: 'developer', cancelsAt: null });
  });

test('an organization key does all of this for its own organization, and sees no other', async () => {
  const [one, other] = [await parties(), await parties()];
  for (const [method, path, body] of OF_ORGANIZATIONS) {
    const { status } = await one.account.call(method, path, body, other.organization);
    expect([path, status]).toEqual([path, 404]);
  }
  for (const path of ['/subscription', '/invoices', '/credit-notes', '/payments', '/billing-details'])
    expect(await one.account.call('GET', path, undefined, one.organization)).toMatchObject({ status: 200 });
  const [{ number }] = await one.account.invoices();
  expect(await other.account.call('GET', `/invoices/${number}`)).toMatchObject({ status: 404 });
});

test('an offer is confirmed only by the organization that asked for it', async () => {
  const [one, other] = [await parties(), await parties()];
  const offer = await one.account.ok('POST', '/subscription/changes', { plan: 'startup' }, one.organization);
  const wrong = await other.account.call(
    'POST',
    `/subscription/changes/${offer.id}/confirm`,
    undefined,
    other.organization,
  );
  expect([404, 409, 422]).toContain(wrong.status);
  await sandbox.settle();
  expect(await other.account.get('/subscription')).toMatchObject({ plan: 'developer' });
  expect(await other.account.invoices()).toHaveLength(1);
  await one.account.ok('POST', `/subscription/changes/${offer.id}/confirm`, undefined, one.organization);
  await sandbox.settle();
  expect(await one.account.get('/subscription')).toMatchObject({ plan: 'startup' });
});

test('only an operator records payments, voids, writes off and issues credit notes', async () => {
  const { account, organization } = await parties();
  const [{ number }] = await account.invoices();
  const reason = { reason: 'because' };
  for (const [path, body] of [
    [`invoices/${number}/payments`, reason],
    [`invoices/${number}/void`, reason],
    [`invoices/${number}/write-off`, reason],
    [`invoices/${number}/credit-notes`, { ...reason, amount: 100 }],
    [`organizations/${account.id}/top-ups`, { ...reason, topUp: 'any' }],
  ] as const) {
    const headers = { ...organization, 'idempotency-key': path };
    expect([path, (await sandbox.call('POST', `/v1/ops/${path}`, body, headers)).status]).toEqual([path, 403]);
  }
  const method = { kind: 'manual', paymentTermsDays: 14 };
  for (const [path, body] of [
    ['payment-method', method],
    ['review', { on: true }],
  ] as const) {
    const at = `/v1/ops/organizations/${account.id}/${path}`;
    expect([path, (await sandbox.call('PUT', at, body, organization)).status]).toEqual([path, 403]);
  }
});

test.each([
  ['POST', '/subscription', { plan: 'startup', discount: 50 }],
  ['POST', '/subscription/changes', { plan: 'startup', at: 'now' }],
  ['PUT', '/overage', { mode: 'none', limit: 5 }],
  ['PUT', '/billing-details', { ...BUYER, card: '4242' }],
  ['DELETE', '/subscription?at=now', undefined],
  ['GET', '/invoices?state=open', undefined],
])('%s …%s refuses unknown members', async (method, path, body) => {
  const account = await Account.open(sandbox);
  expect(await account.call(method, path, body)).toMatchObject({
    status: path.includes('?') ? 400 : 422,
    body: { errors: [{}] },
  });
});

test.each([
  ['an unknown plan', { plan: 'enterprise' }, 'plan'],
  ['no plan', {}, 'plan'],
  ['a currency in which the plan has no price', { plan: 'developer', currency: 'GBP' }, 'currency'],
  ['another currency than that of the organization', { plan: 'developer', currency: 'EUR' }, 'currency'],
])('a subscription to %s is refused', async (_, order, field) => {
  const account = await Account.open(sandbox, { country: 'DE' });
  await account.buy('developer');
  await account.ok('DELETE', '/subscription?when=now');
  expect(await account.call('POST', '/subscription', order)).toMatchObject({
    status: 422,
    body: { errors: [{ field }] },
  });
});

test('settings that set a plan name the routes of billing', async () => {
  const id = sandbox.newId();
  const made = await sandbox.call('POST', '/v1/organizations', { id, name: 'One', plan: 'developer' });
  expect(made).toMatchObject({ status: 422, body: { errors: [{ field: 'plan' }] } });
  expect(JSON.stringify(made.body)).toContain('/subscription');
  const account = await Account.open(sandbox);
  for (const [member, value, route] of [
    ['plan', 'developer', '/subscription'],
    ['overage', 'auto', '/overage'],
    ['autoOverage', true, '/overage'],
  ] as const) {
    const refused = await account.call('PUT', '/settings', { [member]: value });
    expect([member, refused.status]).toEqual([member, 422]);
    expect(JSON.stringify(refused.body)).toContain(route);
  }
});

test('a repeated order with its Idempotency-Key is one order', async () => {
  const account = await Account.open(sandbox);
  const order = () => account.call('POST', '/subscription', { plan: 'developer' }, { 'idempotency-key': 'order-1' });
  const first = await order();
  await sandbox.settle();
  expect((await order()).body).toEqual(first.body);
  expect(await account.invoices()).toHaveLength(1);
  expect(await account.available()).toBe(1000);
});

test('orders in two tabs at once lead to one subscription, one payment and one grant', async () => {
  const account = await Account.open(sandbox);
  const orders = await Promise.all([1, 2, 3].map(() => account.call('POST', '/subscription', { plan: 'developer' })));
  expect(orders.filter(({ status }) => status === 202).length).toBeGreaterThanOrEqual(1);
  await sandbox.settle();
  expect(await account.get('/subscription')).toMatchObject({ status: 'active' });
  expect(await account.available()).toBe(1000);
  expect(await account.soldGrants()).toHaveLength(1);
  const invoices = await account.invoices();
  expect(invoices.reduce((sum, { paid }) => sum + paid, 0)).toBe(2999);
  expect(invoices.filter(({ status }) => status !== 'void')).toHaveLength(1);
});

test('overage needs a payment method', async () => {
  const account = await Account.open(sandbox);
  await account.script({ card: 'none' });
  await sandbox.settle();
  const turnOn = () => account.call('PUT', '/overage', { mode: 'pay-as-you-go' });
  expect(await turnOn()).toMatchObject({ status: 409, body: { code: 'overage_needs_payment_method' } });
  expect(await account.call('POST', '/subscription', { plan: 'developer' })).toMatchObject({ status: 402 });
  await account.payByTransfer();
  expect(await turnOn()).toMatchObject({ status: 200, body: { mode: 'pay-as-you-go' } });
});

test('pay-as-you-go ends when a plan starts, and can be chosen again after it', async () => {
  const account = await Account.open(sandbox);
  await account.ok('PUT', '/overage', { mode: 'pay-as-you-go' });
  expect(await account.get('/subscription')).toMatchObject({ payAsYouGo: true });
  await account.buy('developer');
  expect(await account.get('/subscription')).toMatchObject({ payAsYouGo: false, autoOverage: false });
  expect((await account.get('')).billing).toMatchObject({ overage: 'none' });
  await account.ok('DELETE', '/subscription?when=now');
  await account.ok('PUT', '/overage', { mode: 'pay-as-you-go' });
  expect((await account.get('')).billing).toMatchObject({ overage: 'pay-as-you-go' });
});

test('a grant states what was paid for it: by hand as given, sold as its invoice line', async () => {
  const account = await Account.subscriber(sandbox, 'developer');
  const grant = { grantId: 'by-hand', kind: 'top-up', credits: 100, reason: 'paid in cash' };
  const paid = { amount: 1200, currency: 'USD' };
  await account.ok('POST', '/grants', { ...grant, paid });
  expect(await account.call('POST', '/grants', { ...grant, paid: { ...paid, amount: 1300 } })).toMatchObject({
    status: 409,
    body: { code: 'grant_conflict' },
  });
  const { data } = await account.get('/grants');
  const byId = Object.fromEntries(data.map((row: { grantId: string; paid: object }) => [row.grantId, row.paid]));
  const [{ id }] = await account.invoices();
  expect(byId).toMatchObject({ 'by-hand': paid, [`invoice:${id}:0`]: { amount: 2999, currency: 'USD' } });
  const invoiceId = { ...grant, grantId: `invoice:${id}:1` };
  expect(await account.call('POST', '/grants', invoiceId)).toMatchObject({ status: 422 });
});
