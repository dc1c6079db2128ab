import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { SUBSCRIPTION_ROWS } from '@tallystick/domain/billing';
import { ViewStore } from '@tallystick/eventing';
import { ActivityRegistry, LeaderTask } from '@tallystick/hosting';
import { Backoff, Signal, SystemClock } from '@tallystick/runtime';
import { Subscriptions } from '../streams/subscriptions';
import { organizationsWaiting } from '../telemetry';
import { EffectRefused } from './effect-errors';
import { EffectRunner } from './effect-runner';

const RETRY = { firstMilliseconds: 1_000, maxMilliseconds: 60_000 };
/** In case that a wake-up is missed. */
const MAX_SLEEP_MILLISECONDS = 30_000;
const PAGE = 500;

interface Postponed {
  readonly backoff: Backoff;
  /** Monotonic. */
  readonly until: number;
}

/**
 * Carries out the effects that the handler of a command has left: after a crash, of commands that fell due, or where the ledger did
 * not answer. One process does it, the leader. An organization whose effect fails waits longer each time, the others go on.
 */
@Injectable()
export class EffectWorker implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger(EffectWorker.name);
  private readonly task: LeaderTask;
  private readonly changed = new Signal();
  private readonly postponed = new Map<string, Postponed>();

  constructor(
    private readonly subscriptions: Subscriptions,
    private readonly runner: EffectRunner,
    private readonly views: ViewStore,
    private readonly clock: SystemClock,
    activities: ActivityRegistry,
  ) {
    const { projections } = subscriptions;
    projections.onProjected(() => this.changed.notify());
    this.task = new LeaderTask(projections.projector.leadership, (signal) => this.step(signal), {
      ...RETRY,
      failed: (error) => this.log.warn(error, 'What billing has decided could not be carried out; it is tried again.'),
      ended: () => organizationsWaiting.set(0),
    });
    activities.register('effects of billing', { isIdle: async () => (await this.ready()).length === 0 });
  }

  onApplicationBootstrap(): void {
    this.task.start();
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.task.stop();
  }

  private async step(signal: AbortSignal): Promise<void> {
    const woken = new AbortController();
    const either = AbortSignal.any([signal, woken.signal]);
    // (what is projected from here on is not missed)
    const changed = this.changed.wait({ signal: either, timeoutMilliseconds: this.sleep() });
    const ready = await this.ready();
    for (const organizationId of ready) if (!signal.aborted) await this.drain(organizationId);
    if (ready.length === 0) await changed;
    woken.abort();
  }

  /** Organizations with effects whose next attempt is due. */
  private async ready(): Promise<readonly string[]> {
    const waiting: string[] = [];
    for (let after = ''; ;) {
      const rows = await this.views.find(SUBSCRIPTION_ROWS, {
        where: { pendingEffects: { from: 1 }, organizationId: { after } },
        columns: ['organizationId'],
        order: ['organizationId'],
        limit: PAGE,
      });
      waiting.push(...rows.map((row) => row['organizationId'] as string));
      if (rows.length < PAGE) break;
      after = waiting[waiting.length - 1]!;
    }
    organizationsWaiting.set(waiting.length);
    const now = this.clock.monotonic();
    const known = new Set(waiting);
    for (const id of this.postponed.keys()) if (!known.has(id)) this.postponed.delete(id);
    return waiting.filter((id) => (this.postponed.get(id)?.until ?? now) <= now);
  }

  private async drain(organizationId: string): Promise<void> {
    try {
      await this.runner.drain(organizationId);
      this.postponed.delete(organizationId);
      await this.subscriptions.untilProjected(organizationId);
    } catch (error) {
      const backoff = this.postponed.get(organizationId)?.backoff ?? new Backoff(RETRY);
      this.postponed.set(organizationId, { backoff, until: this.clock.monotonic() + backoff.next() });
      if (!(error instanceof EffectRefused) && backoff.failures === 1)
        this.log.warn(error, `Effects of ${organizationId} could not be carried out; they are tried again.`);
    }
  }

  /** Until the next attempt of an organization. */
  private sleep(): number {
    const now = this.clock.monotonic();
    const next = Math.min(...[...this.postponed.values()].map(({ until }) => until - now));
    return Math.max(0, Math.min(next, MAX_SLEEP_MILLISECONDS));
  }
}
