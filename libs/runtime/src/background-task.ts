import { Backoff, type BackoffOptions } from './backoff';

export interface BackgroundTaskOptions extends BackoffOptions {
  /** Called for each failure. `isRepeated`: the failure before it had the same message, so that an outage is one log line. */
  readonly failed: (error: Error, isRepeated: boolean) => void;
}

/** Runs a step again and again until it is stopped. After a failure it waits, longer each time, and goes on. */
export class BackgroundTask {
  private readonly stopping = new AbortController();
  private readonly backoff: Backoff;
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly step: (signal: AbortSignal) => Promise<void>,
    private readonly options: BackgroundTaskOptions,
  ) {
    this.backoff = new Backoff(options);
  }

  start(): void {
    this.running = this.run();
  }

  /** Aborts the signal of the step. Resolves when the step has returned. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    let failure: string | undefined;
    while (!signal.aborted)
      try {
        await this.step(signal);
        failure = undefined;
        this.backoff.reset();
      } catch (caught) {
        const error = caught instanceof Error ? caught : new Error(String(caught));
        if (signal.aborted) return;
        this.options.failed(error, error.message === failure);
        failure = error.message;
        await this.backoff.wait(signal);
      }
  }
}
