/** Whoever waits for a log to grow past a position. */
export class LogSignal {
  private readonly waiting = new Set<{ readonly position: number; readonly wake: () => void }>();

  /** Resolves when `grewTo` is told a later position, at `wakeAll`, or when the signal aborts. */
  waitForEvents(position: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        this.waiting.delete(waiter);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      const waiter = { position, wake };
      this.waiting.add(waiter);
      signal.addEventListener('abort', wake);
    });
  }

  advance(position: number): void {
    for (const { position: passed, wake } of this.waiting) if (passed < position) wake();
  }

  wakeAll(): void {
    for (const { wake } of this.waiting) wake();
  }
}
