import { Inject, Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { DAY, Problem, Readiness } from '@tallystick/contracts/http';
import { Clock, StartupError, systemClock } from '@tallystick/runtime';
import { CONFIGURATION } from '@tallystick/hosting';
import type { Configuration } from '../configuration';

/** A process that is idle for years has no step: it has seen all the time between. */
const LOOK_MILLISECONDS = 1_000;

type ClockSettings = Pick<Configuration, 'maxClockStepDays' | 'acceptClock'>;

/** The system's clock, unless it leaps ahead by more than `TALLY_MAX_CLOCK_STEP_DAYS`. */
@Injectable()
export class CheckedClock extends Clock implements OnModuleDestroy {
  private readonly log = new Logger('Clock');
  /** The latest reading that was accepted. */
  private latest: number | undefined;
  private isRefused = false;
  private readonly looking: NodeJS.Timeout;

  constructor(
    @Inject(CONFIGURATION) private readonly settings: ClockSettings,
    readiness: Readiness,
  ) {
    super();
    readiness.add('clock', () => {
      this.look();
      return this.isRefused ? this.sentence() : undefined;
    });
    this.looking = setInterval(() => this.look(), LOOK_MILLISECONDS).unref();
  }

  onModuleDestroy(): void {
    clearInterval(this.looking);
  }

  override startAfter(logTime: number | undefined): void {
    const now = systemClock.now();
    if (logTime !== undefined && this.isStep(logTime, now) && !this.settings.acceptClock)
      throw new StartupError(
        `The clock says ${day(now)}, but the log's last event was recorded on ${day(logTime)}, more than ` +
          `${this.maxStep} earlier (TALLY_MAX_CLOCK_STEP_DAYS). Set the clock right, or start with ` +
          `--accept-clock if it is right: what has expired by then expires at once and does not come back.`,
      );
    this.latest = Math.max(now, this.latest ?? now);
    this.isRefused = false;
  }

  override now(): number {
    const now = this.look();
    if (this.isRefused) throw new Problem(503, 'clock_step', this.sentence());
    return now;
  }

  private look(): number {
    const now = systemClock.now();
    const isRefused = this.latest !== undefined && this.isStep(this.latest, now);
    if (isRefused && !this.isRefused) this.log.error(this.sentence());
    if (!isRefused) this.latest = Math.max(now, this.latest ?? now);
    this.isRefused = isRefused;
    return now;
  }

  private isStep(before: number, now: number): boolean {
    return now - before > this.settings.maxClockStepDays * DAY;
  }

  private get maxStep(): string {
    const { maxClockStepDays: days } = this.settings;
    return `${days} ${days === 1 ? 'day' : 'days'}`;
  }

  private sentence(): string {
    return (
      `The clock has leapt from ${day(this.latest!)} by more than ${this.maxStep} ` +
      `(TALLY_MAX_CLOCK_STEP_DAYS). Nothing is decided until it is set right, or until a restart with --accept-clock.`
    );
  }
}

const day = (at: number): string => new Date(at).toISOString().slice(0, 10);
