import { pause } from './pause';

export interface BackoffOptions {
  readonly firstMilliseconds: number;
  readonly maxMilliseconds: number;
  /** From 0 up to 1, exclusive. Spreads clients that failed at the same moment. */
  readonly random?: () => number;
}

/** Waiting times between attempts. Each ceiling is twice the one before, up to the maximum; a wait is half to all of it. */
export class Backoff {
  private attempts = 0;

  constructor(private readonly options: BackoffOptions) {}

  /** Failures since the last `reset`. */
  get failures(): number {
    return this.attempts;
  }

  /** Counts a failure. Returns the milliseconds to wait before the next attempt. */
  next(): number {
    const { firstMilliseconds, maxMilliseconds, random = Math.random } = this.options;
    const ceiling = Math.min(maxMilliseconds, firstMilliseconds * 2 ** Math.min(this.attempts, 30));
    this.attempts += 1;
    return Math.round(ceiling * (0.5 + random() / 2));
  }

  /** Counts a failure and waits, or returns at once when the signal aborts. */
  wait(signal?: AbortSignal): Promise<void> {
    return pause(this.next(), signal);
  }

  reset(): void {
    this.attempts = 0;
  }
}
