/**
 * The time by which credits are decided: what is due, what expires, which period it is. A reading that cannot be right is
 * refused with a Problem (503, `clock_step`), because credits that have expired do not come back.
 */
export abstract class Clock {
  /** Epoch milliseconds. */
  abstract now(): number;

  /** To be called once, before anything is decided. `logTime`: when the log's last event was recorded. Throws StartupError. */
  abstract startAfter(logTime: number | undefined): void | Promise<void>;

  /** Whether an operator sets the time. Times from elsewhere, such as those in ids, then say nothing about it. */
  get isSandbox(): boolean {
    return false;
  }

  /** ISO 8601, UTC. */
  instant(): string {
    return new Date(this.now()).toISOString();
  }
}
