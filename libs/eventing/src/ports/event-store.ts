/** An event to be stored. `id` is a UUID; the same id is sent again when the same append is repeated. */
export interface NewEvent<Data = unknown, Metadata = unknown> {
  readonly id: string;
  readonly type: string;
  readonly data: Data;
  readonly metadata: Metadata;
}

export interface RecordedEvent<Data = unknown, Metadata = unknown> extends NewEvent<Data, Metadata> {
  readonly stream: string;
  /** Counted from 0 within the stream, without gaps. */
  readonly revision: number;
  /** Increases over the whole log, not necessarily by one. */
  readonly position: number;
}

export interface Snapshot {
  /** The snapshot holds every event up to and including this revision. */
  readonly revision: number;
  /** A snapshot of another version of the state's shape is not read. */
  readonly schemaVersion: number;
  /** JSON. */
  readonly state: string;
  /** SHA-256 of `state`, base64url: a damaged snapshot is not read. */
  readonly hash: string;
  /** Of the event at `revision`. If the stream has another event there, the snapshot is not read. Versions before the hash chain did not store it. */
  readonly eventId?: string;
  /** The hash of this event. Undefined in a stream whose chain has not started. */
  readonly head?: string;
}

/** A page of the log: its events, and the position up to which it was read, which can be past events of other prefixes. */
export interface LogPage {
  readonly events: readonly RecordedEvent[];
  readonly position: number;
}

/** The revision of a stream without events. The first event gets 0. */
export const NO_STREAM = -1;
/** The position before the first event of the log. */
export const LOG_START = -1;

/** The health of a store that answers reads. */
export interface Health {
  /** Why it is not usable all the same, in a few words: writes or the subscription are refused. */
  readonly fault?: string;
  /** A note for operators, although everything works. */
  readonly note?: string;
}

/** The streams: the source of truth. Every adapter passes `eventStoreContract`. */
export abstract class EventStore {
  /**
   * Stores all of `events` at the end of `stream`, or none, durably.
   * `expectedRevision` is the revision of the stream's last event (NO_STREAM when it has none).
   * Returns the revision of the last event stored. Throws WrongRevision, AmbiguousAppend or StoreUnavailable; AppendRefused
   * and StreamDeleted, which no repetition changes; and RevisionGap when the events were stored at other revisions than requested.
   * A repeated identical append may succeed again (see `docs/decisions`): callers check their state, never the ids.
   */
  abstract append(stream: string, expectedRevision: number, events: readonly NewEvent[]): Promise<number>;

  /**
   * Events of one stream from `from` on, at most `limit`, as the leader has them. An unknown stream is empty.
   * Throws StreamDeleted, and RevisionGap where the store hides all of them. It may hide some (`$maxCount`): callers check that
   * revisions follow on.
   */
  abstract read(stream: string, from: number, limit: number): Promise<readonly RecordedEvent[]>;

  /** The log after `position`, at most `limit` events of streams whose name starts with `prefix`, in the order of their storing. */
  abstract readLog(after: number, limit: number, prefix: string): Promise<LogPage>;

  /** The last event of the log among streams whose name starts with `prefix`; undefined if there is none. */
  abstract last(prefix: string): Promise<RecordedEvent | undefined>;

  /** The record at exactly this position, of any stream. Undefined if there is none. */
  abstract at(position: number): Promise<RecordedEvent | undefined>;

  /** Resolves when the log has grown past `position`, or the signal aborts. */
  abstract waitForEvents(position: number, signal: AbortSignal): Promise<void>;

  /** The limits by which the store drops events of a stream, in the store's own terms (`$maxCount 3`). Undefined if there are none. */
  async limitsOf(_stream: string): Promise<string | undefined> {
    return undefined;
  }

  /** For readiness. */
  health(): Promise<Health> {
    return Promise.resolve({});
  }

  abstract loadSnapshot(stream: string): Promise<Snapshot | undefined>;
  abstract saveSnapshot(stream: string, snapshot: Snapshot): Promise<void>;
  abstract close(): Promise<void>;
}
