import { Inject, Injectable, Logger } from '@nestjs/common';
import { instantOf, millisecondsOf, type Instant, type Where } from '@tallystick/domain/kernel';
import { ViewStore } from '@tallystick/eventing';
import { Clock, pause, Signal, SystemClock } from '@tallystick/runtime';
import { CommandService } from '../commands/command.service';
import { Projections } from '../projections/projections';
import { LeaderTask } from '../stream/leader-task';
import { entityColumnOf, STREAM, Stream } from '../stream/stream';
import type { DueRule, StreamCommand } from '../stream/stream-definition';
import { schedulerTicks } from '../telemetry';
import type { DueSource } from './due-sources';

/** Between two checks. */
const MIN_SLEEP_MILLISECONDS = 1_000;
/** In case that a wake-up is missed, or the clock is set. */
const MAX_SLEEP_MILLISECONDS = 60_000;
const RETRY = { firstMilliseconds: 1_000, maxMilliseconds: 2_000 };
const PAGE = 500;

/**
 * Sends a command to every stream that has something due according to its views. Between two checks it sleeps until the next
 * due time. A late command changes no result, because what is due is recorded at the time at which it was due.
 */
@Injectable()
export class Scheduler implements DueSource {
  private readonly log = new Logger(Scheduler.name);
  private readonly task: LeaderTask;
  private readonly projected = new Signal();
  private readonly checkedAt = new Map<DueRule<StreamCommand>, number>();
  private readonly rules: readonly DueRule<StreamCommand>[];

  constructor(
    @Inject(STREAM) stream: Stream,
    private readonly views: ViewStore,
    private readonly commands: CommandService,
    projections: Projections,
    private readonly clock: Clock,
    private readonly systemClock: SystemClock,
  ) {
    this.rules = stream.definition.due ?? [];
    projections.onProjected(() => this.projected.notify());
    this.task = new LeaderTask(projections.projector.leadership, (signal) => this.step(signal), {
      ...RETRY,
      failed: (error) => this.log.warn(error, 'What is due could not be applied; it is tried again.'),
    });
  }

  start(): void {
    if (this.rules.length > 0) this.task.start();
  }

  stop(): Promise<void> {
    return this.task.stop();
  }

  async nextDue(after: Instant): Promise<Instant | undefined> {
    const times = await Promise.all(this.rules.map((rule) => this.nextTimeOf(rule, millisecondsOf(after))));
    const next = Math.min(...times);
    return next === Infinity ? undefined : instantOf(next);
  }

  /** At once, also where a rule is checked only now and then: the result follows from the time alone. */
  async runDue(now: Instant): Promise<number> {
    let found = 0;
    for (const rule of this.rules) found += await this.apply(rule, millisecondsOf(now));
    return found;
  }

  private async step(signal: AbortSignal): Promise<void> {
    // (the clock logs a reading that it refuses)
    const now = readingOf(this.clock);
    if (now !== undefined) await this.tick(now);
    await this.sleep(signal);
  }

  /** Sends the commands of everything that is due at `now`, epoch milliseconds. */
  async tick(now: number): Promise<void> {
    for (const rule of this.rules) {
      if (now < this.nextCheckOf(rule)) continue;
      this.checkedAt.set(rule, now);
      await this.apply(rule, now);
    }
  }

  /** Sleeps until the next due time. After a change of the views the due time is looked up again, at most every second. */
  private async sleep(signal: AbortSignal): Promise<void> {
    const deadline = this.systemClock.monotonic() + MAX_SLEEP_MILLISECONDS;
    for (let isTime = false; !isTime && !signal.aborted;) {
      await pause(MIN_SLEEP_MILLISECONDS, signal);
      const woken = new AbortController();
      const either = AbortSignal.any([signal, woken.signal]);
      const changed = this.projected.wait({ signal: either }).then(() => false);
      const left = Math.min(await this.untilDue(), deadline - this.systemClock.monotonic());
      isTime = left <= 0 || (await Promise.race([changed, pause(left, either).then(() => true)]));
      woken.abort();
    }
  }

  /** Milliseconds until the next rule has something due. */
  private async untilDue(): Promise<number> {
    const now = readingOf(this.clock);
    if (now === undefined) return MIN_SLEEP_MILLISECONDS;
    const times = await Promise.all(this.rules.map((rule) => this.nextDueOf(rule)));
    return Math.min(...times) - now;
  }

  private async nextDueOf(rule: DueRule<StreamCommand>): Promise<number> {
    return rule.everyMilliseconds === undefined ? this.nextTimeOf(rule) : this.nextCheckOf(rule);
  }

  /** The least time after `after` at which a row falls due, epoch milliseconds; Infinity if none does. */
  private async nextTimeOf(rule: DueRule<StreamCommand>, after?: number): Promise<number> {
    const { table, column, delayMilliseconds = 0 } = rule;
    const from = after === undefined ? '' : instantOf(after - delayMilliseconds);
    const query = { where: { [column]: { after: from } }, columns: [column], order: [column], limit: 1 };
    const [row] = await this.views.find(table, query);
    return row === undefined ? Infinity : millisecondsOf(row[column] as string) + delayMilliseconds;
  }

  private nextCheckOf(rule: DueRule<StreamCommand>): number {
    return (this.checkedAt.get(rule) ?? -Infinity) + (rule.everyMilliseconds ?? 0);
  }

  /** Page by page over the streams; one that is quarantined or slow does not delay the others. Returns their number. */
  private async apply(rule: DueRule<StreamCommand>, now: number): Promise<number> {
    const { table, column, delayMilliseconds = 0, reason } = rule;
    const command = rule.command(instantOf(now));
    const due: Where = { [column]: { upTo: instantOf(now - delayMilliseconds) } };
    const entity = entityColumnOf(table);
    for (let found = 0, after = ''; ;) {
      const rows = await this.views.find(table, {
        where: { ...due, [entity]: { after } },
        columns: [entity],
        distinct: true,
        order: [entity],
        limit: PAGE,
      });
      const ids = rows.map((row) => row[entity] as string);
      const sent = await Promise.allSettled(ids.map((id) => this.commands.execute(id, command)));
      schedulerTicks.inc({ why: reason }, sent.filter(({ status }) => status === 'fulfilled').length);
      found += ids.length;
      if (ids.length < PAGE) return found;
      after = ids[ids.length - 1]!;
    }
  }
}

function readingOf(clock: Clock): number | undefined {
  try {
    return clock.now();
  } catch {
    return undefined;
  }
}
