import { randomUUID } from 'node:crypto';
import { decide, type AppendDecision } from '../appends/append-rules';
import { ServerClock } from '../server-clock';
import { Indexing } from './indexing';
import { KnownIds } from '../appends/known-ids';
import { LogFile } from './log-file';
import {
  BINARY_CONTENT,
  DELETED,
  endOf,
  type ExpectedRevision,
  type Filler,
  isFiller,
  JSON_CONTENT,
  lengthOf,
  type ProposedEvent,
  NO_STREAM,
  type Recorded,
  type WriteResult,
} from './records';
import { IndexedStreams, type Visible } from './stream-index';
import {
  boundsOf,
  isMetadataStream,
  METADATA_TYPE,
  metadataStreamOf,
  originalOf,
  parsed,
  SOFT_DELETION,
  truncatedBefore,
} from './stream-metadata';

const EMPTY = Buffer.alloc(0);
const FILLER_LENGTH = lengthOf({ data: EMPTY, metadata: EMPTY });

export interface EventLogOptions {
  /** Keeps the log over a restart of the process. */
  readonly path?: string;
  readonly clock?: ServerClock;
  readonly indexing?: Indexing;
}

/** The log with its streams, written like the server writes them. */
export class EventLog {
  /** All indexed events in log order. */
  readonly events: Recorded[] = [];
  readonly index: IndexedStreams;
  readonly knownIds = new KnownIds();
  readonly indexing: Indexing;
  /** Where the next record starts. */
  end = 0;
  /** The start of the newest indexed record, which may not be an event. */
  lastIndexed = -1;
  private readonly starts = new Set<number>();
  /** Last revisions of the streams that were written since the start. */
  private readonly written = new Map<string, number>();
  private readonly unindexedMetadata = new Map<string, ProposedEvent>();
  private readonly listeners = new Set<(event: Recorded) => void>();
  private readonly clock: ServerClock;
  private readonly file: LogFile | undefined;

  constructor({ path, clock = new ServerClock(), indexing = new Indexing() }: EventLogOptions = {}) {
    this.clock = clock;
    this.indexing = indexing;
    this.index = new IndexedStreams(clock);
    this.file = path === undefined ? undefined : new LogFile(path);
    for (const records of this.file?.load() ?? []) for (const record of records) this.load(record);
  }

  append(stream: string, expected: ExpectedRevision, messages: readonly ProposedEvent[]): WriteResult {
    const decision = this.decide(
      stream,
      expected,
      messages.map(({ id }) => id),
    );
    if (decision.kind !== 'write') return decision;
    const original = isMetadataStream(stream) ? originalOf(stream) : undefined;
    const undeletesOriginal = original !== undefined && this.isSoftDeleted(original);
    const written = this.write(stream, decision.current + 1, messages);
    if (decision.undeletes) this.undelete(stream, decision.current + 1);
    if (undeletesOriginal) this.undelete(original, this.lastRevision(original) + 1);
    return written;
  }

  /** The events remain, but reads report a missing stream. After the next append, only later events are visible. */
  softDelete(stream: string, expected: ExpectedRevision): WriteResult {
    const decision = this.decide(stream, expected, [randomUUID()]);
    if (decision.kind !== 'write') return decision;
    const metadata = metadataStreamOf(stream);
    const last = this.lastRevision(metadata);
    if (decision.current === NO_STREAM && last === NO_STREAM) return { kind: 'wrong revision', current: NO_STREAM };
    return this.write(metadata, last + 1, [metadataMessage(SOFT_DELETION)]);
  }

  /** The stream can no longer be read or written. It does not need to exist. */
  tombstone(stream: string, expected: ExpectedRevision): WriteResult {
    const decision = this.decide(stream, expected, [randomUUID()]);
    if (decision.kind !== 'write') return decision;
    const id = randomUUID();
    const tombstone = {
      id,
      type: '$streamDeleted',
      contentType: BINARY_CONTENT,
      data: EMPTY,
      metadata: EMPTY,
    };
    return this.write(stream, DELETED, [tombstone]);
  }

  /** Writes a record that readers do not see. */
  writeFiller(): number {
    const filler = { position: this.end, length: FILLER_LENGTH };
    this.file?.append([filler]);
    this.place(filler.position, filler.length);
    return filler.position;
  }

  isSoftDeleted(stream: string): boolean {
    const unindexed = this.unindexedMetadata.get(stream);
    const bounds = unindexed ? boundsOf(stream, unindexed) : this.index.boundsOf(stream);
    return bounds.softDeleted === true;
  }

  /** The last revision for the writer. The index is used only for streams that were not written since the start. */
  lastRevision(stream: string): number {
    return this.written.get(stream) ?? this.index.lastRevision(stream);
  }

  visible(stream: string): Visible {
    return this.index.visible(stream);
  }

  metadataOf(stream: string): Readonly<Record<string, unknown>> {
    const newest = this.index.newest(metadataStreamOf(stream));
    return (newest && parsed(newest.data)) ?? {};
  }

  isRecordStart(position: number): boolean {
    return this.starts.has(position);
  }

  /** The index in `events` of the first event at or after the position. */
  indexFrom(position: number): number {
    let low = 0;
    let high = this.events.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.events[middle]!.position < position) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  listen(listener: (event: Recorded) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** A restart: the log remains, known ids and listeners are lost. */
  forget(): void {
    this.indexing.catchUp();
    this.knownIds.clear();
    this.written.clear();
    this.listeners.clear();
  }

  private decide(stream: string, expected: ExpectedRevision, ids: readonly string[]): AppendDecision {
    return decide(this, stream, expected, ids);
  }

  private undelete(stream: string, revision: number): void {
    const metadata = metadataStreamOf(stream);
    const newest = this.unindexedMetadata.get(stream) ?? this.index.newest(metadata);
    const data = newest && truncatedBefore(newest.data, revision);
    if (data) this.write(metadata, this.lastRevision(metadata) + 1, [metadataMessage(data)]);
  }

  private write(stream: string, first: number, messages: readonly ProposedEvent[]): WriteResult {
    if (messages.length === 0) {
      const position = this.writeFiller();
      this.indexing.then(() => (this.lastIndexed = position));
      return { kind: 'stored', revision: first - 1, position };
    }
    const created = this.clock.now();
    let position = this.end;
    const events = messages.map((message, i) => {
      const event = { ...message, stream, revision: first + i, position, created };
      position = endOf(event);
      return event;
    });
    this.file?.append(events);
    for (const event of events) {
      this.place(event.position, lengthOf(event));
      this.knownIds.put(event.id, event);
    }
    const last = events[events.length - 1]!;
    this.written.set(stream, last.revision);
    if (isMetadataStream(stream)) this.unindexedMetadata.set(originalOf(stream), last);
    this.indexing.then(() => this.addToIndex(events));
    return { kind: 'stored', revision: last.revision, position: last.position };
  }

  private addToIndex(events: readonly Recorded[]): void {
    for (const event of events) this.addOne(event);
    for (const event of events) for (const listener of this.listeners) listener(event);
  }

  private addOne(event: Recorded): void {
    this.index.add(event);
    this.events.push(event);
    this.lastIndexed = event.position;
    const original = isMetadataStream(event.stream) ? originalOf(event.stream) : '';
    if (this.unindexedMetadata.get(original) === event) this.unindexedMetadata.delete(original);
  }

  private load(record: Recorded | Filler): void {
    this.place(record.position, isFiller(record) ? record.length : lengthOf(record));
    if (!isFiller(record)) this.addOne(record);
  }

  private place(position: number, length: number): void {
    this.starts.add(position);
    this.end = position + length;
  }
}

const metadataMessage = (data: Buffer): ProposedEvent => ({
  id: randomUUID(),
  type: METADATA_TYPE,
  contentType: JSON_CONTENT,
  data,
  metadata: EMPTY,
});
