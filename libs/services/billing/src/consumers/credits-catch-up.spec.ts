import { Logger } from '@nestjs/common';
import { subscriptionSummary } from '@tallystick/domain/billing';
import type { Command } from '@tallystick/domain/ledger';
import { InMemoryRecordStore } from '@tallystick/eventing-testing';
import { BillingProcess, BillingWorld } from '../../support/billing-world';
import { CrashPoint } from '../../support/crash-point';

Logger.overrideLogger(false);

const ORGANIZATION = 'acme';

/** A log of a version without billing: an organization with the events of the commands. */
async function logWith(...commands: readonly Omit<Command, 'now'>[]): Promise<BillingWorld> {
  const world = new BillingWorld();
  const { ledger } = new BillingProcess(world);
  await ledger.execute(ORGANIZATION, { type: 'OpenOrganization', currency: 'USD' });
  for (const command of commands) await ledger.execute(ORGANIZATION, command as Command);
  world.clock.time += 3_600_000;
  return world;
}

const setPlan = { type: 'SetPlan', plan: 'developer' } as Omit<Command, 'now'>;
const setOverage = { type: 'SetOverage', overage: 'pay-as-you-go' } as Omit<Command, 'now'>;

async function accountIn(world: BillingWorld) {
  const { subscriptions } = new BillingProcess(world);
  const now = world.clock.instant();
  const { value, revision } = await subscriptions.read(ORGANIZATION, (account) => ({
    ...subscriptionSummary(account, now),
    billingFrom: account.billingFrom,
    lastClose: account.lastClose,
  }));
  return { ...value, revision };
}

test('a plan is adopted: it renews nothing, and usage before the start is not billed', async () => {
  const world = await logWith(setPlan);
  await new BillingProcess(world).catchUp();
  expect(await accountIn(world)).toMatchObject({
    status: 'legacy',
    plan: 'developer',
    anchor: { start: '2026-04-11T09:00:00.000Z', length: 'month' },
    billingFrom: '2026-04-11T10:00:00.000Z',
  });
});

test('overage is adopted, and paid by hand where there is no card', async () => {
  const world = await logWith(setOverage);
  const process = new BillingProcess(world);
  process.provider.hasCard = false;
  await process.catchUp();
  expect(await accountIn(world)).toMatchObject({
    ...{ status: 'none', overage: 'pay-as-you-go', paymentMethod: 'manual', paymentTermsDays: 14 },
  });
});

test('an organization with neither gets no stream', async () => {
  const world = await logWith();
  await new BillingProcess(world).catchUp();
  expect(await accountIn(world)).toMatchObject({ revision: -1 });
});

test.each([1, 2, 3])('a start that ends at write %s is made up for by the next one', async (write) => {
  const world = await logWith(setPlan);
  const crash = new CrashPoint({ write, side: 'after' });
  crash.isArmed = true;
  await expect(new BillingProcess(world, crash).catchUp()).rejects.toThrow('The process has ended.');
  await new BillingProcess(world).catchUp();
  const adopted = await accountIn(world);
  expect(adopted).toMatchObject({ status: 'legacy' });
  await new BillingProcess(world).catchUp();
  expect((await accountIn(world)).revision).toBe(adopted.revision);
});

describe('a later start', () => {
  const subscribed = async () => {
    const world = await logWith();
    const process = new BillingProcess(world);
    await process.catchUp();
    await process.billing.execute(ORGANIZATION, { type: 'Subscribe', plan: 'developer', prefix: 'AAAAAA' });
    await process.settle(ORGANIZATION);
    return world;
  };

  test('takes the periods that were closed while billing was away', async () => {
    const world = await subscribed();
    world.clock.time = Date.parse('2026-05-11T10:00:00.000Z');
    const process = new BillingProcess(world);
    await process.ledger.execute(ORGANIZATION, { type: 'Tick' });
    expect((await accountIn(world)).lastClose?.end).toBe('2026-04-11T10:00:00.000Z');
    await process.catchUp();
    expect((await accountIn(world)).lastClose?.end).toBe('2026-05-11T10:00:00.000Z');
  });

  test('adopts nothing again when the records were lost, and knows the prefixes of invoice numbers', async () => {
    const world = await subscribed();
    const before = await accountIn(world);
    world.records = new InMemoryRecordStore();
    const process = new BillingProcess(world);
    await process.catchUp();
    expect(await accountIn(world)).toEqual(before);
    expect(await process.prefixes.organizationOf('TEST-AAAAAA-000001')).toBe(ORGANIZATION);
  });
});
