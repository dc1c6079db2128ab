import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Account } from '../billing/support/account';
import { BillingSandbox, stopVerified } from '../billing/support/sandbox';
import { newDirectory, removeDirectories } from '../support/server';

// kill -9 of the standalone process between the steps of billing. What was paid is granted, what is granted was paid, no invoice
// comes twice, and no number is skipped.

const FROM = '2026-04-11T09:00:00.000Z';
/** Kills of each scenario, spread over its writes. */
const KILLS = 5;
jest.setTimeout(300_000);

/** One thing that billing does, and what an organization has after it. */
interface BillingScenario {
  readonly name: string;
  readonly before: (account: Account) => Promise<unknown>;
  /** Done once more after a kill, as a user does who got no answer. */
  readonly act: (account: Account) => Promise<unknown>;
  readonly plan: string | undefined;
  /** Amounts of the invoices that are paid, and credits of the grants, in order. */
  readonly paid: readonly number[];
  readonly granted: readonly number[];
}

async function order(account: Account): Promise<void> {
  await account.call('POST', '/subscription', { plan: 'developer' });
  await account.sandbox.settle();
}

async function upgrade(account: Account): Promise<void> {
  const { plan, pending } = await account.get('/subscription');
  if (plan === 'developer' && pending === null) await account.change('startup');
}

const DAY = 86_400_000;
const starts = new Map<string, number>();

/** Advances to days after the end of the first period. */
async function advance(account: Account, days: number): Promise<void> {
  const { sandbox, id } = account;
  if (!starts.has(id)) starts.set(id, Date.parse((await account.get('/subscription')).period.end));
  await sandbox.advance(new Date(starts.get(id)! + days * DAY).toISOString());
}

const SCENARIOS: readonly BillingScenario[] = [
  {
    name: 'a first purchase',
    before: async () => undefined,
    act: order,
    plan: 'developer',
    paid: [2999],
    granted: [1000],
  },
  {
    name: 'a renewal',
    before: (account) => account.buy('developer'),
    act: (account) => advance(account, 0),
    plan: 'developer',
    paid: [2999, 2999],
    granted: [1000, 1000],
  },
  {
    name: 'an upgrade',
    before: (account) => account.buy('developer'),
    act: upgrade,
    plan: 'startup',
    paid: [2999, 9000],
    granted: [1000, 4000],
  },
  {
    name: 'dunning to its end',
    before: async (account) => {
      await account.buy('developer');
      await account.script({ next: Array.from({ length: 5 }, () => 'declined') });
    },
    act: (account) => advance(account, 9),
    plan: undefined,
    paid: [2999],
    granted: [1000],
  },
];

const PRELOAD = join(__dirname, 'support/kill-at-write.cjs');

const file = join(newDirectory(), 'writes');
const sandbox = new BillingSandbox({
  catalog: 'iteration-layer',
  from: FROM,
  environment: { NODE_OPTIONS: `-r ${PRELOAD}`, WRITES: file },
});
beforeAll(() => sandbox.start(), 60_000);
afterAll(async () => {
  await stopVerified(sandbox);
  removeDirectories();
});

interface Kill {
  readonly write: number;
  readonly when: 'before' | 'after';
}

/** Plays a scenario with a new organization, and kills the process at one of its writes. */
async function play(scenario: BillingScenario, kill?: Kill): Promise<{ writes: number; isKilled: boolean }> {
  const account = await Account.open(sandbox);
  await scenario.before(account);
  writeFileSync(file, kill === undefined ? account.id : `${account.id} ${kill.write} ${kill.when}`);
  const { ended } = sandbox.process;
  const act = scenario.act(account).then(
    () => undefined,
    () => 'failed',
  );
  const failed = await Promise.race([act, ended]);
  const writes = Number(readFileSync(`${file}.count`, 'utf8'));
  rmSync(file);
  if (failed !== undefined) {
    expect([kill, await ended]).toEqual([kill, 'SIGKILL']);
    await sandbox.start();
    await sandbox.settle();
    await scenario.act(account);
  }
  await expectComplete(account, scenario);
  await account.call('DELETE', '/subscription?when=now');
  return { writes, isKilled: failed !== undefined };
}

async function expectComplete(account: Account, { plan, paid, granted }: BillingScenario): Promise<void> {
  const invoices = await account.invoices();
  const numbers = invoices.map(({ number }) => Number(number.split('-').at(-1)));
  expect(numbers).toEqual(invoices.map((_, index) => index + 1));
  expect(invoices.filter(({ status }) => status === 'paid').map((invoice) => invoice.paid)).toEqual(paid);
  expect(invoices.filter(({ status }) => status !== 'paid' && status !== 'void')).toEqual([]);
  const grants = await account.soldGrants();
  expect(grants.map(({ credits }) => credits)).toEqual(granted);
  const lines = invoices.filter(({ status }) => status === 'paid').map(({ id }) => id);
  expect(grants.map(({ grantId }) => grantId.split(':')[1])).toEqual(lines);
  const subscription = await account.get('/subscription');
  expect(subscription).toMatchObject(plan === undefined ? { status: 'ended' } : { status: 'active', plan });
  expect((await account.get('')).plan ?? undefined).toBe(plan);
}

test.each(SCENARIOS)('$name is completed after a kill at each step', async (scenario) => {
  const { writes } = await play(scenario);
  expect(writes).toBeGreaterThan(KILLS);
  let killed = 0;
  for (let kill = 0; kill < KILLS; kill++) {
    const write = 1 + Math.floor((kill * writes * 0.8) / (KILLS - 1));
    const { isKilled } = await play(scenario, { write, when: kill % 2 === 0 ? 'before' : 'after' });
    if (isKilled) killed += 1;
  }
  // The number of writes differs a little from run to run: the last of these may not come.
  expect(killed).toBeGreaterThanOrEqual(KILLS - 1);
});
