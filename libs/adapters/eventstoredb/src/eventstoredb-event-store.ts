import {
  EventStore,
  type Health,
  type LogPage,
  type NewEvent,
  type RecordedEvent,
  type Snapshot,
} from '@tallystick/eventing';
import { append, WritesRefused } from './appending';
import { EventStoreDbConnection } from './connection';
import { LogSubscription } from './log-subscription';
import { type EventStoreDbOptions, settingsOf } from './options';
import { readAt, type ReadEnd, readLast, readLog } from './reading';
import { RecentLog } from './recent-log';
import { SnapshotStreams } from './snapshot-streams';
import { limitsOf, readStream } from './stream-reading';
import { WriteCheck } from './write-check';

/**
 * Event store in EventStoreDB. Positions are its commit positions as numbers. Open one store per process: all clients
 * of a process share one map of pending appends, and an error of one client makes the appends of all clients ambiguous.
 */
export class EventStoreDbEventStore extends EventStore {
  private readonly watch: LogSubscription;
  private readonly recent = new RecentLog();
  private readonly snapshots: SnapshotStreams;
  private readonly writes: WriteCheck;
  /** The end of the log as `last` has read it, by prefix. */
  private readonly ends = new Map<string, ReadEnd>();

  private constructor(private readonly connection: EventStoreDbConnection) {
    super();
    this.watch = new LogSubscription(connection, this.recent);
    this.snapshots = new SnapshotStreams(connection);
    this.writes = new WriteCheck(connection);
  }

  /** Rejects with CannotOpen if the server does not answer a first read. */
  static async open(options: EventStoreDbOptions): Promise<EventStoreDbEventStore> {
    return new EventStoreDbEventStore(await EventStoreDbConnection.open(settingsOf(options)));
  }

  /** Version that the server reported at the start, such as 24.2.0. */
  get serverVersion(): string {
    return this.connection.serverVersion;
  }

  override async append(stream: string, expectedRevision: number, events: readonly NewEvent[]): Promise<number> {
    if (events.length === 0) return expectedRevision;
    return append(this.connection, stream, expectedRevision, events).catch((error: unknown) => {
      if (error instanceof WritesRefused) this.writes.invalidate();
      throw error;
    });
  }

  override read(stream: string, from: number, limit: number): Promise<readonly RecordedEvent[]> {
    return readStream(this.connection, stream, from, limit);
  }

  override limitsOf(stream: string): Promise<string | undefined> {
    return limitsOf(this.connection, stream);
  }

  override async readLog(after: number, limit: number, prefix: string): Promise<LogPage> {
    const { prefixes: [only, ...others] = [] } = this.connection.settings;
    // With several prefixes the recent log also contains events of other streams.
    const isKept = only === prefix && others.length === 0;
    const events = isKept ? this.recent.after(after, limit) : [];
    const last = events[events.length - 1];
    return last ? { events, position: last.position } : readLog(this.connection, after, limit, prefix);
  }

  override async last(prefix: string): Promise<RecordedEvent | undefined> {
    const earlier = this.ends.get(prefix);
    let end = await readLast(this.connection, prefix, earlier);
    const isRead = end.event === undefined || end.event !== earlier?.event;
    // (an event may be deleted without a new one)
    if (!isRead && (await this.at(end.event!.position))?.id !== end.event!.id)
      end = await readLast(this.connection, prefix);
    this.ends.set(prefix, end);
    return end.event;
  }

  override async at(position: number): Promise<RecordedEvent | undefined> {
    return position < 0 ? undefined : readAt(this.connection, position);
  }

  override waitForEvents(position: number, signal: AbortSignal): Promise<void> {
    return this.watch.waitForEvents(position, signal);
  }

  override async health(): Promise<Health> {
    return { fault: this.watch.fault ?? (await this.writes.run()), note: this.connection.clock.note };
  }

  override loadSnapshot(stream: string): Promise<Snapshot | undefined> {
    return this.snapshots.load(stream);
  }

  override saveSnapshot(stream: string, snapshot: Snapshot): Promise<void> {
    return this.snapshots.save(stream, snapshot);
  }

  override async close(): Promise<void> {
    await this.watch.close();
    await this.connection.close();
  }
}
