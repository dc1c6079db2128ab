import { AmbiguousAppend, StoreUnavailable } from '../errors';
import {
  EventStore,
  type Health,
  type LogPage,
  type NewEvent,
  type RecordedEvent,
  type Snapshot,
} from '../ports/event-store';

const PROBE = '\u0000probe';
const PROBE_MILLISECONDS = 1_000;
const PAUSE_MILLISECONDS = 100;

/**
 * The same store, for those whose callers wait: a call without an answer in time is given up, and from then on calls fail at
 * once until the store answers again. Otherwise each step of a command would wait for a silent store anew.
 */
export class CircuitBreakerStore extends EventStore {
  /** Calls fail at once. */
  private isSilent = false;
  private answeredAt = 0;
  private readonly closing = new AbortController();

  constructor(
    private readonly store: EventStore,
    private readonly patienceMilliseconds: number,
  ) {
    super();
  }

  override append(stream: string, expectedRevision: number, events: readonly NewEvent[]): Promise<number> {
    const late = `The append to ${stream} got no answer within ${this.patienceMilliseconds} ms.`;
    return this.inTime(
      () => this.store.append(stream, expectedRevision, events),
      () => new AmbiguousAppend(late),
    );
  }

  override read(stream: string, from: number, limit: number): Promise<readonly RecordedEvent[]> {
    return this.inTime(() => this.store.read(stream, from, limit));
  }

  override loadSnapshot(stream: string): Promise<Snapshot | undefined> {
    return this.inTime(() => this.store.loadSnapshot(stream));
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

  /** The store itself belongs to others. */
  override async close(): Promise<void> {
    this.closing.abort();
  }

  private async inTime<T>(call: () => Promise<T>, late: () => Error = this.away): Promise<T> {
    if (this.isSilent) throw this.away();
    const began = performance.now();
    const work = call();
    const answer = await within(this.patienceMilliseconds, work);
    if (answer !== LATE) {
      this.answeredAt = performance.now();
      return answer;
    }
    void work.then(
      () => this.answered(),
      () => undefined,
    );
    // One that has answered others meanwhile is not silent: this call alone was lost.
    if (!this.isSilent && this.answeredAt < began) void this.listen();
    throw late();
  }

  private away = () => new StoreUnavailable(`The event store has not answered for ${this.patienceMilliseconds} ms.`);

  private answered(): void {
    this.answeredAt = performance.now();
    this.isSilent = false;
  }

  /** Asks the store until it answers, whatever it says. */
  private async listen(): Promise<void> {
    this.isSilent = true;
    while (this.isSilent && !this.closing.signal.aborted) {
      const probe = this.store.read(PROBE, 0, 1).catch((error: unknown) => error);
      const answer = await within(PROBE_MILLISECONDS, probe);
      if (answer !== LATE && !(answer instanceof StoreUnavailable)) this.answered();
      else await new Promise((resume) => setTimeout(resume, PAUSE_MILLISECONDS).unref());
    }
  }
}

const LATE = Symbol('late');

async function within<T>(milliseconds: number, work: Promise<T>): Promise<T | typeof LATE> {
  let timer: NodeJS.Timeout;
  const late = new Promise<typeof LATE>((resolve) => {
    timer = setTimeout(() => resolve(LATE), milliseconds);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
