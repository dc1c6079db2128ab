import { LogFile } from './log-file';

export interface Message {
  readonly id: string;
  readonly type: string;
  readonly contentType: string;
  readonly data: Uint8Array;
  readonly metadata: Uint8Array;
}

export interface Recorded extends Message {
  readonly stream: string;
  readonly revision: number;
  /** As a byte offset: grows by more than one, and only a record's own start is a valid position. */
  readonly position: number;
  /** Milliseconds since 1970. */
  readonly created: number;
}

export type Expected = number | 'any' | 'stream exists';
export type Written = { readonly revision: number; readonly position: number } | { readonly current: number };

export const NO_STREAM = -1;
const CACHED_IDS = 1_000;
const RECORD_OVERHEAD = 100;

/** The streams, with the append rules of EventStoreDB: no stronger ones, or a test would prove what no server promises. */
export class EventLog {
  readonly events: Recorded[] = [];
  private readonly streams = new Map<string, Recorded[]>();
  private readonly listeners = new Set<(event: Recorded) => void>();
  /** What `any` goes by: bounded, and gone after a restart. */
  private readonly recentIds = new Map<string, Recorded>();
  private readonly file: LogFile | undefined;
  private end = RECORD_OVERHEAD;

  constructor(path?: string) {
    this.file = path === undefined ? undefined : new LogFile(path);
    for (const events of this.file?.load() ?? []) for (const event of events) this.add(event);
  }

  append(stream: string, expected: Expected, messages: readonly Message[]): Written {
    const current = this.revisionOf(stream);
    const known = this.alreadyThere(stream, expected, messages);
    if (known !== undefined) return known;
    if (expected === 'stream exists' ? current === NO_STREAM : expected !== 'any' && expected !== current)
      return { current };
    return this.write(stream, messages);
  }

  /**
   * expected = current: ids are not looked at, the same events are stored a second time.
   * expected < current: the ids must be exactly those that are there. `any`: only what the cache still has.
   */
  private alreadyThere(
    stream: string,
    expected: Expected,
    messages: readonly Message[],
  ): Written | undefined {
    const stored = this.streams.get(stream) ?? [];
    let first = typeof expected === 'number' ? expected + 1 : undefined;
    if (typeof expected === 'string') {
      const recent = this.recentIds.get(messages[0]?.id ?? '');
      if (recent?.stream === stream) first = recent.revision;
    }
    if (first === undefined || first >= stored.length || messages.length === 0) return undefined;
    if (!messages.every(({ id }, i) => stored[first + i]?.id === id)) return undefined;
    const last = stored[first + messages.length - 1]!;
    return { revision: last.revision, position: last.position };
  }

  private write(stream: string, messages: readonly Message[]): Written {
    const created = Date.now();
    const first = this.revisionOf(stream) + 1;
    let position = this.end;
    const events = messages.map((message, i) => {
      const event = { ...message, stream, revision: first + i, position, created };
      position += sizeOf(event);
      return event;
    });
    this.file?.append(events);
    for (const event of events) this.add(event);
    for (const event of events) for (const listener of this.listeners) listener(event);
    const last = events[events.length - 1];
    return { revision: first + events.length - 1, position: last?.position ?? 0 };
  }

  private add(event: Recorded): void {
    const stream = this.streams.get(event.stream);
    if (stream) stream.push(event);
    else this.streams.set(event.stream, [event]);
    this.events.push(event);
    this.end = event.position + sizeOf(event);
    this.recentIds.set(event.id, event);
    for (const id of this.recentIds.keys()) {
      if (this.recentIds.size <= CACHED_IDS) break;
      this.recentIds.delete(id);
    }
  }

  revisionOf(stream: string): number {
    return (this.streams.get(stream)?.length ?? 0) + NO_STREAM;
  }

  /** What a read of the stream may see: `$maxCount` hides all but the newest. Undefined for an unknown stream. */
  visible(stream: string): readonly Recorded[] | undefined {
    const events = this.streams.get(stream);
    const maxCount = this.metadataOf(stream)['$maxCount'];
    return typeof maxCount === 'number' ? events?.slice(-maxCount) : events;
  }

  metadataOf(stream: string): Readonly<Record<string, unknown>> {
    const newest = this.streams.get(`$$${stream}`)?.at(-1);
    if (!newest) return {};
    return JSON.parse(Buffer.from(newest.data).toString()) as Record<string, unknown>;
  }

  /** Where in `events` the record at this position stands; undefined for a position that no record starts at. */
  indexOf(position: number): number | undefined {
    let low = 0;
    let high = this.events.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.events[middle]!.position < position) low = middle + 1;
      else high = middle;
    }
    return this.events[low]?.position === position ? low : undefined;
  }

  listen(listener: (event: Recorded) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** A restart: the log is there, the cache of ids and all who listened are not. */
  forget(): void {
    this.recentIds.clear();
    this.listeners.clear();
  }
}

const sizeOf = ({ data, metadata }: Message): number => RECORD_OVERHEAD + data.length + metadata.length;
