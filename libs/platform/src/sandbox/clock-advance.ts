import { Inject, Injectable, NotFoundException } from '@nestjs/common';
import { type ClockAdvanceResponse, invalidInput, Problem, unavailable } from '@tallystick/contracts/http';
import { EventStore } from '@tallystick/eventing';
import { ActivityRegistry, CONFIGURATION, DueSources, LogService } from '@tallystick/hosting';
import { Clock } from '@tallystick/runtime';
import type { Configuration } from '../configuration';
import { SandboxClock } from './sandbox-clock';

/**
 * Sets the sandbox clock forward. It stops at every instant at which something falls due, and goes on when all that follows from
 * it is done: so a leap has the same effects as small steps.
 */
@Injectable()
export class ClockAdvance {
  private readonly stopping = new AbortController();
  private isAdvancing = false;

  constructor(
    private readonly anyClock: Clock,
    private readonly due: DueSources,
    private readonly activities: ActivityRegistry,
    private readonly log: LogService,
    private readonly store: EventStore,
    @Inject(CONFIGURATION) private readonly limits: Pick<Configuration, 'clockIdleSeconds'>,
  ) {}

  /** Ends an advance under way, so that a stop of the process does not wait for it. */
  stop(): void {
    this.stopping.abort();
  }

  /** Throws a 404 Problem where the clock is the system's. */
  get clock(): SandboxClock {
    if (this.anyClock instanceof SandboxClock) return this.anyClock;
    throw new NotFoundException();
  }

  /** Before an organization is opened, the clock may also be set back. */
  set(to: number): Promise<ClockAdvanceResponse> {
    return this.exclusively(async () => {
      if (to < this.clock.now() && !(await this.log.isUsed())) await this.clock.set(to);
      return this.advance(to, 'now');
    });
  }

  /** `field`: the member that gave `target`, of epoch milliseconds. */
  advanceTo(target: () => number, field: 'by' | 'to'): Promise<ClockAdvanceResponse> {
    return this.exclusively(() => this.advance(target(), field));
  }

  private async exclusively<T>(work: () => Promise<T>): Promise<T> {
    if (this.isAdvancing)
      throw new Problem(
        409,
        'clock_advancing',
        'The clock is being advanced by another request. Read GET /v1/sandbox/clock to follow it, and send this again when it is done.',
      );
    this.isAdvancing = true;
    try {
      return await work();
    } finally {
      this.isAdvancing = false;
    }
  }

  private async advance(target: number, field: string): Promise<ClockAdvanceResponse> {
    const { clock } = this;
    if (target < clock.now()) {
      const message = `Give a time that is not before ${clock.instant()}: the clock goes forward only.`;
      throw invalidInput([{ field, rule: 'forward', message }]);
    }
    let stops = 0;
    await this.settle();
    for (;;) {
      const next = await this.due.nextDue(clock.instant());
      if (next === undefined || Date.parse(next) > target) break;
      await clock.set(Date.parse(next));
      stops += 1;
      await this.settle();
    }
    if (clock.now() < target) {
      await clock.set(target);
      await this.settle();
    }
    return { now: clock.instant(), stops };
  }

  /** Does what is due now, and what falls due now because of it, until nothing new happens. */
  private async settle(): Promise<void> {
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), this.limits.clockIdleSeconds * 1_000);
    const signal = AbortSignal.any([this.stopping.signal, late.signal]);
    try {
      await this.untilIdle(signal);
      for (;;) {
        const end = await this.endOfLog();
        if ((await this.due.runDue(this.clock.instant())) === 0) return;
        await this.untilIdle(signal);
        if ((await this.endOfLog()) === end) return;
      }
    } finally {
      clearTimeout(timer);
    }
  }

  private async untilIdle(signal: AbortSignal): Promise<void> {
    await this.activities.untilIdle(signal);
    if (this.stopping.signal.aborted)
      throw unavailable(`The server stops. The clock is at ${this.clock.instant()}; advance it again after the start.`);
    if (!signal.aborted) return;
    const busy = (await this.activities.busy()).join(', ') || 'new work';
    throw new Problem(
      503,
      'clock_not_idle',
      `The clock is at ${this.clock.instant()}, where this has not ended within ${this.limits.clockIdleSeconds} seconds: ${busy}. See the log for the cause, then advance again.`,
      { retryAfter: 1 },
    );
  }

  private async endOfLog(): Promise<number | undefined> {
    return (await this.store.last(''))?.position;
  }
}
