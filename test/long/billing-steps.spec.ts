import { removeDirectories } from '../support/server';
import { Account } from '../billing/support/account';
import { BillingSandbox, stopVerified } from '../billing/support/sandbox';

// Billing: a leap of the clock and steps of a day lead to the same documents and the same streams.

jest.setTimeout(240_000);
const FROM = '2026-01-31T22:15:00.000Z';
const DAYS = 150;
const dayAfter = (days: number): string => new Date(Date.parse(FROM) + days * 86_400_000).toISOString();

const declined = (count: number): { next: string[] } => ({ next: Array.from({ length: count }, () => 'declined') });

/** Organizations that meet every kind of renewal, with everything that they do on the first day. */
const LIVES: Readonly<Record<string, (sandbox: BillingSandbox) => Promise<Account>>> = {
  'renews each month': (sandbox) => Account.subscriber(sandbox, 'developer', { used: 400 }),
  'is downgraded at the end of the first period': async (sandbox) => {
    const account = await Account.subscriber(sandbox, 'startup', { used: 10 });
    await account.change('developer');
    return account;
  },
  'is cancelled at the end of the first period': async (sandbox) => {
    const account = await Account.subscriber(sandbox, 'developer');
    await account.ok('DELETE', '/subscription');
    return account;
  },
  'is paid at the third attempt of its first renewal': async (sandbox) => {
    const account = await Account.subscriber(sandbox, 'business', { used: 14_000 });
    await account.script(declined(2));
    return account;
  },
  'is never paid again': async (sandbox) => {
    const account = await Account.subscriber(sandbox, 'developer');
    await account.script(declined(5));
    return account;
  },
  'is upgraded at once': async (sandbox) => {
    const account = await Account.subscriber(sandbox, 'developer', { used: 900 });
    await account.change('startup');
    return account;
  },
  'pays by transfer, but only once': async (sandbox) => {
    const account = await Account.open(sandbox);
    await account.payByTransfer(20);
    const { invoice } = await account.ok('POST', '/subscription', { plan: 'startup' });
    await account.pay(invoice);
    await sandbox.settle();
    return account;
  },
  'never pays its first invoice': async (sandbox) => {
    const account = await Account.open(sandbox);
    await account.payByTransfer(10);
    await account.ok('POST', '/subscription', { plan: 'startup' });
    return account;
  },
};

// (a causationId names a revision, and the end of an effect can come before or after the report of a charge)
const RANDOM = new Set(['correlationId', 'causationId', 'hash', 'position']);
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Everything that can be read of an organization. Ids of messages, hashes and drawn prefixes differ between two runs. */
async function read(account: Account): Promise<unknown> {
  const [invoices, events, grants] = [await account.invoices(), await account.events(), await account.get('/grants')];
  const all = { invoices, events, grants, subscription: await account.get('/subscription') };
  const text = JSON.stringify(all, (name, value: unknown) =>
    RANDOM.has(name) || (typeof value === 'string' && UUID.test(value)) ? undefined : value,
  );
  return JSON.parse(text.replaceAll(/TEST-[A-Z0-9]+-/g, 'TEST-'));
}

async function live(advance: (sandbox: BillingSandbox) => Promise<void>): Promise<Record<string, unknown>> {
  const sandbox = new BillingSandbox({ catalog: 'iteration-layer', from: FROM });
  await sandbox.start();
  const accounts: [string, Account][] = [];
  for (const [name, begin] of Object.entries(LIVES)) accounts.push([name, await begin(sandbox)]);
  await sandbox.settle();
  await advance(sandbox);
  const seen: Record<string, unknown> = {};
  for (const [name, account] of accounts) seen[name] = await read(account);
  await stopVerified(sandbox);
  return seen;
}

let leapt: Record<string, unknown>;
let stepped: Record<string, unknown>;
beforeAll(async () => {
  const leap = live((sandbox) => sandbox.advance(dayAfter(DAYS)));
  const steps = live(async (sandbox) => {
    for (let day = 1; day <= DAYS; day++) await sandbox.advance(dayAfter(day));
  });
  [leapt, stepped] = await Promise.all([leap, steps]);
});
afterAll(removeDirectories);

test.each(Object.keys(LIVES))('an organization that %s', (name) => {
  expect(leapt[name]).toEqual(stepped[name]);
});

test('the compared documents are those of five months', () => {
  const numbersOf = (name: string) => (leapt[name] as { invoices: unknown[] }).invoices.length;
  expect(Object.keys(LIVES).map(numbersOf)).toEqual([6, 6, 1, 6, 2, 7, 2, 1]);
});
