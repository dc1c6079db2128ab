/**
 * Wakes callers that wait for a notification of another process. They pass the last number that they have seen, so none
 * is missed.
 */
export class Notifications {
  private readonly waiting = new Set<() => void>();
  private happened = 0;

  get seen(): number {
    return this.happened;
  }

  wake(): void {
    this.happened += 1;
    for (const wake of this.waiting) wake();
  }

  /** Resolves when there is a newer notification than `seen`, after `milliseconds`, or when the signal aborts. */
  waitForMore(seen: number, milliseconds: number, signal: AbortSignal): Promise<void> {
    if (this.happened > seen || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        this.waiting.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      const timer = setTimeout(wake, milliseconds);
      this.waiting.add(wake);
      signal.addEventListener('abort', wake);
    });
  }
}
