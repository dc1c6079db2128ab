import { SERVER_TIMEOUTS } from './appends/append-timing';

/** Whether the server works or stops. While it stops, it responds for some seconds and writes nothing. */
export class ServerReadiness {
  private state: 'ready' | 'dropping' | 'refusing' = 'ready';
  private readonly timers = new Set<NodeJS.Timeout>();

  /** Writes that run when the stop starts get a time-out. */
  drops(): boolean {
    return this.state === 'dropping';
  }

  refuses(): boolean {
    return this.state === 'refusing';
  }

  isReady(): boolean {
    return this.state === 'ready';
  }

  atTimeout(answer: () => void): void {
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      answer();
    }, SERVER_TIMEOUTS.least);
    this.timers.add(timer.unref());
  }

  /** Resolves when the calls must be ended. */
  async stop(milliseconds: number): Promise<void> {
    this.state = 'dropping';
    await pause(milliseconds / 4);
    this.state = 'refusing';
    await pause((milliseconds * 3) / 4);
  }

  start(): void {
    for (const timer of this.timers) clearTimeout(timer);
    this.timers.clear();
    this.state = 'ready';
  }
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
