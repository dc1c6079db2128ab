interface SignalWaiter {
  readonly after: number;
  readonly wake: () => void;
}

export interface WaitOptions {
  /** Wait for a notification with a higher value. Any notification wakes when left out. */
  readonly after?: number;
  readonly signal?: AbortSignal;
  /** Resolve after this time at the latest. */
  readonly timeoutMilliseconds?: number;
}

/** Wakes callers that wait for something to grow. It remembers nothing: compare the value first, in the same turn. */
export class Signal {
  private readonly waiters = new Set<SignalWaiter>();

  /** Wakes the callers that wait for a value above theirs; all of them when left out. */
  notify(value = Infinity): void {
    for (const { after, wake } of this.waiters) if (value > after) wake();
  }

  /** Resolves at the notification, at the time-out, or when the signal aborts. */
  wait({ after = -Infinity, signal, timeoutMilliseconds }: WaitOptions = {}): Promise<void> {
    if (signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        this.waiters.delete(waiter);
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      const timer = timeoutMilliseconds === undefined ? undefined : setTimeout(wake, timeoutMilliseconds).unref();
      const waiter = { after, wake };
      this.waiters.add(waiter);
      signal?.addEventListener('abort', wake);
    });
  }
}
