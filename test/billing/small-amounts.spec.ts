import { Account } from './support/account';
import { ownCatalog, SELLER } from './support/catalogs';
import { useStories } from './support/sandbox';

/** Two plans of one price, so that a change between them costs nothing. */
const catalog = ownCatalog('iteration-layer', ({ plans }) => ({
  seller: SELLER,
  plans: [...plans, { ...plans[0], id: 'developer-two', name: 'Developer Two', credits: 1000 }],
}));
const story = useStories({ catalog, from: '2026-04-11T09:00' });
const END = '2026-05-11T09:00:00.000Z';
const amounts = ({ lines }: { lines: readonly { kind: string; amount: number }[] }) =>
  lines.map(({ kind, amount }) => `${kind} ${amount}`);

story('an amount below the minimum charge waits for the next renewal', async ({ at, sandbox }) => {
  const account = await Account.subscriber(sandbox, 'developer');
  await at('2026-05-11T06:00');
  const change = await account.change('startup');
  expect(change).toMatchObject({ credits: 17, confirmed: { invoice: null } });
  expect(change.lines.map(({ amount }: { amount: number }) => amount)).toEqual([-12, 50]);
  expect(await account.get('/subscription')).toMatchObject({ plan: 'startup', pending: null });
  expect(await account.available()).toBe(1017);
  expect(await account.invoices()).toHaveLength(1);
  await at(END);
  const [first, renewal, ...more] = await account.invoices();
  expect(more).toEqual([]);
  expect(renewal).toMatchObject({ gross: 11999 + 38, status: 'paid', number: first.number.replace(/1$/, '2') });
  expect(amounts(renewal)).toEqual(expect.arrayContaining(['plan 11999', 'carried -12', 'carried 50']));
  expect(await account.available()).toBe(5000);
  await at('2026-06-11T09:00');
  expect(amounts((await account.invoices())[2])).toEqual(['plan 11999']);
});

story('a change between plans of one price takes effect at once, without an invoice', async ({ at, sandbox }) => {
  const account = await Account.subscriber(sandbox, 'developer', { used: 100 });
  await at('2026-04-26T09:00');
  const change = await account.change('developer-two');
  expect(change).toMatchObject({ due: { amount: 0 }, credits: 0, confirmed: { invoice: null } });
  expect(await account.get('/subscription')).toMatchObject({ plan: 'developer-two' });
  expect(await account.available()).toBe(900);
  expect(await account.invoices()).toHaveLength(1);
  await at(END);
  expect((await account.invoices()).map(({ gross }) => gross)).toEqual([2999, 2999]);
});

story('what is below the minimum when the subscription has ended is not invoiced alone', async ({ at, sandbox }) => {
  const account = await Account.subscriber(sandbox, 'developer');
  await at('2026-05-11T06:00');
  await account.change('startup');
  await account.ok('DELETE', '/subscription');
  await at('2026-06-01T00:00');
  expect(await account.get('/subscription')).toMatchObject({ status: 'ended' });
  expect((await account.invoices()).map(({ gross }) => gross)).toEqual([2999]);
});
