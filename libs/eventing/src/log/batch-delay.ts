import { Signal } from '@tallystick/runtime';

const DELAY_MILLISECONDS = 50;

/**
 * Delays a reader of the log when the log has new events, so that it reads more of them in one batch. There is no delay while a
 * caller waits for the events.
 */
export class BatchDelay {
  private waiting = 0;
  private readonly skipped = new Signal();

  constructor(private readonly milliseconds = DELAY_MILLISECONDS) {}

  /** Resolves after the delay, or at once while a caller waits for the events or when the signal aborts. */
  async wait(signal: AbortSignal): Promise<void> {
    if (this.waiting > 0 || this.milliseconds === 0) return;
    await this.skipped.wait({ signal, timeoutMilliseconds: this.milliseconds });
  }

  /** Ends a delay under way, and skips all others until `work`, which waits for the events, is settled. */
  async skipDuring<T>(work: Promise<T>): Promise<T> {
    this.waiting += 1;
    this.skipped.notify();
    return work.finally(() => (this.waiting -= 1));
  }
}
