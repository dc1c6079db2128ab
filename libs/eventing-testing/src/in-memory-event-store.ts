import {
  AmbiguousAppend,
  EventStore,
  type LogPage,
  type NewEvent,
  NO_STREAM,
  type RecordedEvent,
  type Snapshot,
  StoreUnavailable,
  StreamDeleted,
  WrongRevision,
} from '@tallystick/eventing';
import { Signal } from '@tallystick/runtime';

/** What happens to one append on its way: the server never gets it, its answer is lost, or it is stored some appends later. */
export type Fault = 'lost' | 'stored then lost' | 'stored later';

interface LateAppend {
  readonly stream: string;
  readonly expected: number;
  readonly events: readonly NewEvent[];
}

/**
 * A store with the weak rules of EventStoreDB: the expected revision is all that protects a stream; ids are looked at
 * only where the revision is behind. `faults` is asked at every append; whoever gives it a seeded source gets the same run again.
 */
export class InMemoryEventStore extends EventStore {
  private readonly log: RecordedEvent[] = [];
  private readonly streams = new Map<string, RecordedEvent[]>();
  private readonly snapshots = new Map<string, Snapshot>();
  private readonly growth = new Signal();
  private readonly late: LateAppend[] = [];
  private readonly hidden = new Map<string, number>();
  private readonly deleted = new Set<string>();
  private closed = false;

  constructor(private readonly faults: (stream: string) => Fault | undefined = () => undefined) {
    super();
  }

  override async append(stream: string, expectedRevision: number, events: readonly NewEvent[]): Promise<number> {
    if (this.closed) throw new StoreUnavailable('The event store is closed.');
    const fault = this.faults(stream);
    if (fault === 'stored later') this.late.push({ stream, expected: expectedRevision, events });
    if (fault === 'lost' || fault === 'stored later')
      throw new AmbiguousAppend(`The append to ${stream} got no answer.`);
    const revision = this.store(stream, expectedRevision, events);
    if (fault === 'stored then lost') throw new AmbiguousAppend(`The answer of the append to ${stream} was lost.`);
    return revision;
  }

  /** As `$tb` of EventStoreDB: events of the stream before `revision` are not read any more; the log keeps them. */
  hideBefore(stream: string, revision: number): void {
    this.hidden.set(stream, revision);
  }

  /** As a deletion of EventStoreDB: the stream is neither read nor written any more; the log keeps its events. */
  delete(stream: string): void {
    this.deleted.add(stream);
  }

  /** The oldest append that was held back arrives now, if the stream still is where it expects it. */
  arriveLate(): void {
    const late = this.late.shift();
    if (!late) return;
    try {
      this.store(late.stream, late.expected, late.events);
    } catch (error) {
      if (!(error instanceof WrongRevision)) throw error;
    }
  }

  get holdsBack(): boolean {
    return this.late.length > 0;
  }

  private store(stream: string, expected: number, events: readonly NewEvent[]): number {
    if (this.deleted.has(stream)) throw new StreamDeleted(stream);
    const stored = this.streams.get(stream) ?? [];
    const current = stored.length - 1;
    if (expected < current) {
      const same = events.every(({ id }, i) => stored[expected + 1 + i]?.id === id);
      if (!same) throw new WrongRevision(stream, expected, current);
      return expected + events.length;
    }
    if (expected > current) throw new WrongRevision(stream, expected, current);
    for (const { id, type, data, metadata } of JSON.parse(JSON.stringify(events)) as NewEvent[]) {
      const event = { stream, revision: stored.length, position: this.log.length, id, type, data, metadata };
      stored.push(event);
      this.log.push(event);
    }
    if (stored.length > 0) this.streams.set(stream, stored);
    this.growth.notify(this.log.length - 1);
    return stored.length - 1;
  }

  override async read(stream: string, from: number, limit: number): Promise<readonly RecordedEvent[]> {
    if (this.deleted.has(stream)) throw new StreamDeleted(stream);
    const first = Math.max(from, this.hidden.get(stream) ?? 0);
    return this.streams.get(stream)?.slice(first, first + limit) ?? [];
  }

  override async readLog(after: number, limit: number, prefix: string): Promise<LogPage> {
    const events: RecordedEvent[] = [];
    let position = after;
    while (position + 1 < this.log.length && events.length < limit) {
      const event = this.log[++position]!;
      if (event.stream.startsWith(prefix)) events.push(event);
    }
    return { events, position };
  }

  override async last(prefix: string): Promise<RecordedEvent | undefined> {
    return this.log.findLast(({ stream }) => stream.startsWith(prefix));
  }

  override async at(position: number): Promise<RecordedEvent | undefined> {
    return this.log[position];
  }

  override waitForEvents(position: number, signal: AbortSignal): Promise<void> {
    return position < this.log.length - 1 || this.closed
      ? Promise.resolve()
      : this.growth.wait({ after: position, signal });
  }

  override async loadSnapshot(stream: string): Promise<Snapshot | undefined> {
    return this.snapshots.get(stream);
  }

  override async saveSnapshot(stream: string, snapshot: Snapshot): Promise<void> {
    this.snapshots.set(stream, { ...snapshot });
  }

  /** The revision of a stream as the store has it, for the checks of a simulation. */
  head(stream: string): number {
    return (this.streams.get(stream)?.length ?? 0) + NO_STREAM;
  }

  override async close(): Promise<void> {
    this.closed = true;
    this.growth.notify();
  }
}
