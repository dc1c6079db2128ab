/**
 * The time of the machine: time-outs, leases, caches, rate limits and idempotency records. Decisions about credits take the
 * time from `Clock`.
 */
export abstract class SystemClock {
  /** Epoch milliseconds. May step back when the machine's clock is set. */
  abstract now(): number;

  /** Milliseconds since an arbitrary moment. Never steps back: measure durations with it. */
  abstract monotonic(): number;

  /** `now()` as ISO 8601, UTC. */
  timestamp(): string {
    return new Date(this.now()).toISOString();
  }
}

class MachineClock extends SystemClock {
  override now(): number {
    return Date.now();
  }

  override monotonic(): number {
    return performance.now();
  }
}

export const systemClock: SystemClock = new MachineClock();
