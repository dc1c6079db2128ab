/** Wakes those who wait for something to happen elsewhere; what happened before they came to wait is not lost on them. */
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

  /** Resolves when more has happened than `seen`, after a while, or when the signal aborts. */
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
