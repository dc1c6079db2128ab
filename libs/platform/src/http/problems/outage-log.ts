import { systemClock } from '@tallystick/runtime';

const QUIET_MILLISECONDS = 5_000;
const MOST_CAUSES = 100;

interface Outage {
  readonly cause: string;
  readonly since: number;
  answers: number;
  lastAt: number;
}

interface Log {
  warn(about: object, message: string): void;
  log(about: object, message: string): void;
}

/** Logs the begin and the end of each cause of 503 answers, with their number, instead of one line per request. */
export class OutageLog {
  private readonly outages = new Map<string, Outage>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly log: Log,
    private readonly quietMilliseconds = QUIET_MILLISECONDS,
  ) {}

  note(error: unknown, about: object): void {
    const cause = messageOf(error);
    const key = withoutNames(cause);
    const now = systemClock.monotonic();
    const known = this.outages.get(key);
    if (known) {
      known.answers += 1;
      known.lastAt = now;
      return;
    }
    if (this.outages.size >= MOST_CAUSES) return;
    this.outages.set(key, { cause, since: now, answers: 1, lastAt: now });
    this.log.warn({ ...about, reason: cause }, 'unavailable; further answers for this reason are counted');
    this.timer ??= setInterval(() => this.look(), this.quietMilliseconds / 2).unref();
  }

  private look(): void {
    const now = systemClock.monotonic();
    for (const [key, { cause, since, answers, lastAt }] of this.outages) {
      if (now - lastAt < this.quietMilliseconds) continue;
      this.outages.delete(key);
      const seconds = Math.round((lastAt - since) / 100) / 10;
      this.log.log({ reason: cause, answers, seconds }, 'no more answers are unavailable for this reason');
    }
    if (this.outages.size > 0) return;
    clearInterval(this.timer);
    this.timer = undefined;
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** The message without stream names and numbers, which is the same for every occurrence. */
const withoutNames = (message: string): string => message.replace(/\bcredits-[^\s:,]+/g, 'stream').replace(/\d+/g, '0');
