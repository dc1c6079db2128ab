import { Signal } from '@tallystick/runtime';

/** Counts notifications of other processes. Callers pass the last count that they have seen, so that none is missed. */
export class Notifications {
  private readonly signal = new Signal();
  private count = 0;

  get seen(): number {
    return this.count;
  }

  wake(): void {
    this.count += 1;
    this.signal.notify();
  }

  /** Resolves when there is a newer notification than `seen`, after `milliseconds`, or when the signal aborts. */
  async waitForMore(seen: number, milliseconds: number, signal: AbortSignal): Promise<void> {
    if (this.count === seen) await this.signal.wait({ signal, timeoutMilliseconds: milliseconds });
  }
}
