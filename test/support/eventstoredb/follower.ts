import { type EventStore, LOG_START, type RecordedEvent, StoreUnavailable } from '@tallystick/eventing';
import { PREFIX } from './store-fixture';

/** Follows the log like a projector: reads stored events, then waits for new ones. */
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

  /** Reads one page. True if the position has advanced. */
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

  /** Follows the log from the current position. It does not read events that the subscription delivers. */
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
