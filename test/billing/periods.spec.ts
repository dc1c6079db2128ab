import { Account } from './support/account';
import { useStories } from './support/sandbox';

const story = useStories({ catalog: 'iteration-layer', from: '2026-01-31T22:15' });
/** The instants at which the periods of a subscription of 31 January turn. */
const TURNS = [
  '01-31',
  '02-28',
  '03-31',
  '04-30',
  '05-31',
  '06-30',
  '07-31',
  '08-31',
  '09-30',
  '10-31',
  '11-30',
  '12-31',
]
  .map((day) => `2026-${day}T22:15:00.000Z`)
  .concat('2027-01-31T22:15:00.000Z', '2027-02-28T22:15:00.000Z');
const periods = TURNS.slice(1).map((end, index) => ({ start: TURNS[index], end }));

story('b10: a year of renewals on the last day of the month', async ({ at, sandbox }) => {
  const account = await Account.subscriber(sandbox, 'developer', { used: 10 });
  await at('2027-01-31T22:15');
  const invoices = await account.invoices();
  expect(invoices.map(({ period }) => period)).toEqual(periods);
  expect(invoices.map(({ issuedAt }) => issuedAt)).toEqual(TURNS.slice(0, -1));
  expect(new Set(invoices.map(({ status, gross }) => `${status} ${gross}`))).toEqual(new Set(['paid 2999']));
  const numbers = invoices.map(({ number }) => number as string);
  const prefix = numbers[0]!.replace(/1$/, '');
  expect(prefix).toMatch(/^TEST-[A-Z0-9]+-00000$/);
  expect(numbers.map((number) => Number(number.split('-').at(-1)))).toEqual(invoices.map((_, index) => index + 1));
  const grants = await account.soldGrants();
  expect(grants.map(({ credits, expiresAt }) => [credits, expiresAt])).toEqual(periods.map(({ end }) => [1000, end]));
  expect(await account.available()).toBe(1000);
  await account.ok('DELETE', '/subscription?when=now');
});

story('b10: in a leap year the period of 31 January ends on 29 February', async ({ at, sandbox }) => {
  const account = await Account.open(sandbox);
  await at('2028-01-31T22:15');
  await account.buy('developer');
  await at('2028-02-29T22:14:59');
  expect(await account.invoices()).toHaveLength(1);
  await at('2028-02-29T22:15');
  expect((await account.invoices()).map(({ period }) => period)).toEqual([
    { start: '2028-01-31T22:15:00.000Z', end: '2028-02-29T22:15:00.000Z' },
    { start: '2028-02-29T22:15:00.000Z', end: '2028-03-31T22:15:00.000Z' },
  ]);
});

story('b10, b11: a budget cap turns with the period of the subscription', async ({ at, sandbox }) => {
  const account = await Account.subscriber(sandbox, 'developer');
  await account.ok('PUT', '/projects/p', { budgetCap: 500 });
  await at('2026-02-10T00:00');
  await account.use(300);
  await at('2026-02-27T00:00');
  await account.use(200);
  const refused = { status: 402, body: { code: 'budget_cap_exceeded' } };
  expect(await account.submit(1)).toMatchObject(refused);
  await at('2026-02-28T22:14:59');
  expect(await account.submit(1)).toMatchObject(refused);
  await at('2026-02-28T22:15');
  expect(await account.available()).toBe(1000);
  expect(await account.submit(1)).toMatchObject({ status: 202 });
  expect(await account.submit(500)).toMatchObject(refused);
  await account.ok('DELETE', '/subscription?when=now');
});

story('a period of 30 days starts at the second of the purchase', async ({ at, sandbox }) => {
  await at('2026-04-11T09:00:07');
  const account = await Account.subscriber(sandbox, 'developer');
  await account.ok('PUT', '/projects/p', { budgetCap: 500 });
  await at('2026-04-30T00:00');
  await account.use(300);
  await at('2026-05-02T00:00');
  // The month of the calendar has changed, that of the subscription has not.
  expect(await account.submit(201)).toMatchObject({ status: 402, body: { code: 'budget_cap_exceeded', used: 300 } });
  await account.use(200);
  await at('2026-05-11T09:00:07');
  expect(await account.submit(1)).toMatchObject({ status: 202 });
  await account.ok('DELETE', '/subscription?when=now');
});
