import { type EventStore, LOG_START, type RecordedEvent, StoreUnavailable } from '@tallystick/eventing';
import { PREFIX } from './store-fixture';

/** Follows the log as a projector does: reads what there is, then waits for more. */
export class Follower {
  readonly events: RecordedEvent[] = [];
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;

  constructor(
    private readonly store: EventStore,
    private readonly prefix = PREFIX,
    public position = LOG_START,
  ) {}

  get ids(): string[] {
    return this.events.map(({ id }) => id);
  }

  /** One page; whether it led further. */
  async read(): Promise<boolean> {
    const { events, position } = await this.store.readLog(this.position, 100, this.prefix);
    const moved = position > this.position;
    this.events.push(...events);
    this.position = position;
    return moved;
  }

  async catchUp(): Promise<this> {
    while (await this.read());
    return this;
  }

  /** From here on as the log grows; one that has caught up asks the server nothing that the subscription brings. */
  follow(): this {
    this.running ??= this.run();
    return this;
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted)
      try {
        await this.store.waitForEvents(this.position, signal);
        if (!signal.aborted) await this.read();
      } catch (error) {
        if (!(error instanceof StoreUnavailable)) throw error;
      }
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }
}
