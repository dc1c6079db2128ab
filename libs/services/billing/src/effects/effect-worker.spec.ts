import { Logger } from '@nestjs/common';
import { SUBSCRIPTION_ROWS } from '@tallystick/domain/billing';
import { InMemoryViewStore } from '@tallystick/eventing-testing';
import { ActivityRegistry } from '@tallystick/hosting';
import { systemClock } from '@tallystick/runtime';
import type { Subscriptions } from '../streams/subscriptions';
import { EffectRefused, EffectUnavailable } from './effect-errors';
import type { EffectRunner } from './effect-runner';
import { EffectWorker } from './effect-worker';

Logger.overrideLogger(false);

const row = (organizationId: string, pendingEffects: number) => ({
  ...{ organizationId, revision: 1, status: 'active', plan: null, dueAt: null, damagedAt: null, account: '{}' },
  pendingEffects,
});

/** A leader with rows of the view. `drain` carries the effects of an organization out, or throws. */
async function workerWith(
  rows: Readonly<Record<string, number>>,
  drain: (organizationId: string) => Promise<void> = async () => undefined,
) {
  const views = new InMemoryViewStore();
  await views.open([SUBSCRIPTION_ROWS]);
  const put = (organizationId: string, pending: number) => ({ put: [row(organizationId, pending)] });
  const write = async (changes: readonly { readonly put: readonly ReturnType<typeof row>[] }[]) => {
    for (const change of changes)
      await views.commit([{ table: SUBSCRIPTION_ROWS, checkpoint: { position: 0, id: '', log: '' }, ...change }]);
  };
  await write(Object.entries(rows).map(([id, pending]) => put(id, pending)));
  let lead: () => void = () => undefined;
  let project: () => void = () => undefined;
  const drained: string[] = [];
  const subscriptions = {
    untilProjected: async () => undefined,
    projections: {
      onProjected: (listener: () => void) => (project = listener),
      projector: {
        leadership: { on: ({ onLeader }: { onLeader: () => void }) => ((lead = onLeader), () => undefined) },
      },
    },
  } as unknown as Subscriptions;
  const runner = {
    drain: async (organizationId: string) => {
      drained.push(organizationId);
      await drain(organizationId);
      await write([put(organizationId, 0)]);
    },
  } as unknown as EffectRunner;
  const activities = new ActivityRegistry();
  const worker = new EffectWorker(subscriptions, runner, views, systemClock, activities);
  return { worker, activities, drained, write, put, lead: () => lead(), project: () => project() };
}

const until = async (holds: () => boolean | Promise<boolean>): Promise<void> => {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 5));
};

test('the leader carries out the effects that are left, of all organizations', async () => {
  const { worker, activities, drained, lead } = await workerWith({ acme: 1, borealis: 0, cirrus: 2 });
  worker.onApplicationBootstrap();
  expect(await activities.busy()).toEqual(['effects of billing']);
  expect(drained).toEqual([]);
  lead();
  await until(async () => (await activities.busy()).length === 0);
  expect(drained).toEqual(['acme', 'cirrus']);
  await worker.beforeApplicationShutdown();
});

test('effects that come later are carried out when the view has them', async () => {
  const { worker, drained, lead, write, put, project } = await workerWith({});
  worker.onApplicationBootstrap();
  lead();
  await write([put('acme', 1)]);
  project();
  await until(() => drained.length > 0);
  expect(drained).toEqual(['acme']);
  await worker.beforeApplicationShutdown();
});

test.each([new EffectUnavailable('down'), new EffectRefused('grant_conflict', 'another grant')])(
  'a failure (%s) delays its organization, and no other one',
  async (failure) => {
    let failures = 0;
    const { worker, activities, drained, lead } = await workerWith({ acme: 1, borealis: 1 }, async (organizationId) => {
      if (organizationId === 'acme' && failures++ === 0) throw failure;
    });
    worker.onApplicationBootstrap();
    lead();
    await until(() => drained.length >= 2);
    expect(drained.slice(0, 2)).toEqual(['acme', 'borealis']);
    // (what waits for its next attempt is no work that a clock could wait for)
    await until(async () => (await activities.busy()).length === 0);
    await until(() => drained.length === 3);
    expect(drained[2]).toBe('acme');
    await worker.beforeApplicationShutdown();
  },
);
