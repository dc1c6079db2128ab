import { pause, systemClock, TIMED_OUT, within } from '@tallystick/runtime';
import { AmbiguousAppend, StoreUnavailable } from '../errors';
import {
  EventStore,
  type Health,
  type LogPage,
  type NewEvent,
  type RecordedEvent,
  type Snapshot,
} from '../ports/event-store';

const PROBE_STREAM = '\u0000probe';
const PROBE_MILLISECONDS = 1_000;
const PROBE_PAUSE_MILLISECONDS = 100;

/**
 * A store with a time-out for the calls of commands. After a call without an answer, further calls fail at once until a probe is
 * answered. Otherwise each step of a command would wait for its own time-out.
 */
export class CircuitBreakerStore extends EventStore {
  private isOpen = false;
  private answeredAt = 0;
  private readonly closing = new AbortController();

  constructor(
    private readonly store: EventStore,
    private readonly timeoutMilliseconds: number,
  ) {
    super();
  }

  override append(stream: string, expectedRevision: number, events: readonly NewEvent[]): Promise<number> {
    const message = `The append to ${stream} got no answer within ${this.timeoutMilliseconds} ms.`;
    return this.call(
      () => this.store.append(stream, expectedRevision, events),
      () => new AmbiguousAppend(message),
    );
  }

  override read(stream: string, from: number, limit: number): Promise<readonly RecordedEvent[]> {
    return this.call(() => this.store.read(stream, from, limit));
  }

  override loadSnapshot(stream: string): Promise<Snapshot | undefined> {
    return this.call(() => this.store.loadSnapshot(stream));
  }

  override saveSnapshot(stream: string, snapshot: Snapshot): Promise<void> {
    return this.store.saveSnapshot(stream, snapshot);
  }

  override readLog(after: number, limit: number, prefix: string): Promise<LogPage> {
    return this.store.readLog(after, limit, prefix);
  }

  override last(prefix: string): Promise<RecordedEvent | undefined> {
    return this.store.last(prefix);
  }

  override at(position: number): Promise<RecordedEvent | undefined> {
    return this.store.at(position);
  }

  override waitForEvents(position: number, signal: AbortSignal): Promise<void> {
    return this.store.waitForEvents(position, signal);
  }

  override limitsOf(stream: string): Promise<string | undefined> {
    return this.store.limitsOf(stream);
  }

  override health(): Promise<Health> {
    return this.store.health();
  }

  /** Ends the probing. The store itself is closed by its owner. */
  override async close(): Promise<void> {
    this.closing.abort();
  }

  private async call<T>(send: () => Promise<T>, timeout: () => Error = this.unavailable): Promise<T> {
    if (this.isOpen) throw this.unavailable();
    const started = systemClock.monotonic();
    const work = send();
    const answer = await within(this.timeoutMilliseconds, work);
    if (answer !== TIMED_OUT) {
      this.answeredAt = systemClock.monotonic();
      return answer;
    }
    void work.then(
      () => this.answered(),
      () => undefined,
    );
    // A store that has answered another call since then is available: only this call was lost.
    if (!this.isOpen && this.answeredAt < started) void this.probe();
    throw timeout();
  }

  private unavailable = () =>
    new StoreUnavailable(`The event store has not answered for ${this.timeoutMilliseconds} ms.`);

  private answered(): void {
    this.answeredAt = systemClock.monotonic();
    this.isOpen = false;
  }

  /** Reads from the store until it answers, even with an error. */
  private async probe(): Promise<void> {
    const { signal } = this.closing;
    this.isOpen = true;
    while (this.isOpen && !signal.aborted) {
      const read = this.store.read(PROBE_STREAM, 0, 1).catch((error: unknown) => error);
      const answer = await within(PROBE_MILLISECONDS, read);
      if (answer !== TIMED_OUT && !(answer instanceof StoreUnavailable)) this.answered();
      else await pause(PROBE_PAUSE_MILLISECONDS, signal);
    }
  }
}
