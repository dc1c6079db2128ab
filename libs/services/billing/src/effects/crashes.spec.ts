import { Logger } from '@nestjs/common';
import { previewChange, type BillingAccount } from '@tallystick/domain/billing';
import { BillingProcess, BillingWorld } from '../../support/billing-world';
import { CrashPoint, type CrashPlace } from '../../support/crash-point';

jest.setTimeout(120_000);
Logger.overrideLogger(false);

const ORGANIZATION = 'acme';

/** One thing that a caller, or the time, does. It is done again after a crash unless the streams have it. */
interface ScenarioStep {
  readonly at?: string;
  readonly act?: (process: BillingProcess) => Promise<unknown>;
  readonly isDone?: (account: BillingAccount) => boolean;
}

interface CrashScenario {
  readonly before: readonly ScenarioStep[];
  readonly steps: readonly ScenarioStep[];
  /** Available credits at the end. */
  readonly credits: number;
  readonly numbers: number;
}

const open: ScenarioStep = {
  act: ({ ledger }) => ledger.execute(ORGANIZATION, { type: 'OpenOrganization', currency: 'USD' }),
};
const subscribe: ScenarioStep = {
  act: ({ billing }) => billing.execute(ORGANIZATION, { type: 'Subscribe', plan: 'developer', prefix: 'AAAAAA' }),
  isDone: ({ purchase, subscription }) => (purchase ?? subscription) !== undefined,
};
const upgrade: ScenarioStep = {
  at: '2026-04-26T09:00:00.000Z',
  act: async ({ billing, policy }) => {
    const { value: offer } = await billing.read(ORGANIZATION, (account) =>
      previewChange(policy, account, 'startup', '2026-04-26T09:00:00.000Z'),
    );
    if (!('id' in offer)) throw new Error(offer.message);
    await billing.execute(ORGANIZATION, { type: 'ConfirmChange', changeId: offer.id });
  },
  isDone: (account) => account.upgrade !== undefined || account.subscription?.plan === 'startup',
};
const topUp: ScenarioStep = {
  act: ({ billing }) =>
    billing.execute(ORGANIZATION, {
      ...{ type: 'SellTopUp', topUp: 'pack', reason: 'paid in cash', prefix: 'AAAAAA', requestId: 'request-1' },
    }),
};
const cancel: ScenarioStep = {
  at: '2026-04-20T09:00:00.000Z',
  act: ({ billing }) => billing.execute(ORGANIZATION, { type: 'CancelSubscription', when: 'now' }),
  isDone: ({ ended }) => ended !== undefined,
};
const declines: ScenarioStep = {
  act: ({ provider }) => provider.declineNext(2),
};
const day = (at: string): ScenarioStep => ({ at });
const renewal = day('2026-05-11T09:00:00.000Z');

const SCENARIOS: Readonly<Record<string, CrashScenario>> = {
  subscribe: { before: [open], steps: [subscribe], credits: 1_000, numbers: 1 },
  renew: { before: [open, subscribe], steps: [renewal], credits: 1_000, numbers: 2 },
  'sell a top-up': { before: [open], steps: [topUp], credits: 1_000, numbers: 1 },
  cancel: { before: [open, subscribe], steps: [cancel], credits: 1_000, numbers: 1 },
  upgrade: { before: [open, subscribe], steps: [upgrade], credits: 3_000, numbers: 2 },
  dunning: {
    before: [open, subscribe, declines],
    steps: [renewal, day('2026-05-12T09:00:00.000Z'), day('2026-05-14T09:00:00.000Z')],
    credits: 1_000,
    numbers: 2,
  },
};

/** Runs a scenario. After a crash a new process goes on where the streams are. Returns whether there was a crash. */
async function play(world: BillingWorld, { before, steps }: CrashScenario, place?: CrashPlace): Promise<boolean> {
  const crash = new CrashPoint(place);
  let process = new BillingProcess(world, crash);
  for (const step of before) await take(world, process, step);
  crash.isArmed = true;
  for (const step of steps)
    try {
      await take(world, process, step);
    } catch (error) {
      if (!crash.hasCrashed) throw error;
      process = new BillingProcess(world);
      await take(world, process, step);
    }
  return crash.hasCrashed;
}

async function take(world: BillingWorld, process: BillingProcess, { at, act, isDone }: ScenarioStep): Promise<void> {
  if (at !== undefined) world.clock.time = Date.parse(at);
  const isOpen = (await process.ledger.read(ORGANIZATION, ({ opened }) => opened)).value;
  if (isOpen) await process.settle(ORGANIZATION);
  if (act && !(isDone && (await process.subscriptions.read(ORGANIZATION, isDone)).value)) await act(process);
  if (process.crash.hasCrashed) throw new Error('The process has ended.');
  await process.settle(ORGANIZATION);
}

async function outcome(world: BillingWorld) {
  const process = new BillingProcess(world);
  const { value: credits } = await process.ledger.read(ORGANIZATION, ({ balance }) => balance.available);
  const { value: account } = await process.subscriptions.read(ORGANIZATION, ({ entries, effects }) => ({
    numbers: Object.values(entries).map(({ number }) => number),
    pending: effects.length,
  }));
  return { credits, ...account, streams: await world.streams() };
}

describe.each(Object.entries(SCENARIOS))('%s', (_, scenario) => {
  let expected: Awaited<ReturnType<typeof outcome>>;

  test('without a crash', async () => {
    const world = new BillingWorld();
    await play(world, scenario);
    expected = await outcome(world);
    expect(expected).toMatchObject({ credits: scenario.credits, pending: 0 });
    expect(expected.numbers).toHaveLength(scenario.numbers);
  });

  test.each(['before', 'after'] as const)('a crash %s each write changes nothing', async (side) => {
    let crashes = 0;
    for (let write = 1; ; write++) {
      const world = new BillingWorld();
      if (!(await play(world, scenario, { write, side }))) break;
      crashes += 1;
      expect({ write, ...(await outcome(world)) }).toEqual({ write, ...expected });
    }
    // (a scenario that writes nothing would test nothing)
    expect(crashes).toBeGreaterThan(4);
  });
});
