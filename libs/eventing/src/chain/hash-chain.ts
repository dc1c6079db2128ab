import type { NewEvent, RecordedEvent } from '../ports/event-store';
import { hashIn, type Linked, linkOf, NOTHING_BEFORE, OpenLink, recordText } from './link';

/** Where a stream's chain ends, at an event that leaves nothing open behind it. */
export interface ChainEnd {
  /** Of the last event. */
  readonly eventId: string;
  /** The hash that it carries; none in a stream whose chain has not started. */
  readonly head?: string;
}

/**
 * The end of one stream's chain, as the events read and appended so far leave it: the last hash, and what follows it without one.
 * How the hashes are made is described in `docs/hash-chain.md`.
 */
export class HashChain {
  private head: string | undefined = NOTHING_BEFORE;
  private lastId = '';
  private open: OpenLink | undefined;

  constructor(private readonly stream: string) {}

  /** At an event that is not the stream's first; without a head, in a stream that has had no hash up to there. */
  static at(stream: string, { eventId, head }: ChainEnd): HashChain {
    const chain = new HashChain(stream);
    chain.lastId = eventId;
    chain.head = head;
    return chain;
  }

  /** The stream has events and none of them carries a hash. */
  get isUnstarted(): boolean {
    return this.head === undefined;
  }

  /** Undefined where events after the last hash are not covered yet. */
  get end(): ChainEnd | undefined {
    return this.open ? undefined : { eventId: this.lastId, head: this.head };
  }

  /** The next event of the stream, as read. */
  take(record: RecordedEvent): void {
    const hash = hashIn(record.metadata);
    this.lastId = record.id;
    if (hash !== undefined) this.close(hash);
    else if (this.head === NOTHING_BEFORE) this.head = undefined;
    else if (this.head !== undefined) this.open = (this.open ?? new OpenLink(this.head)).add(recordText(record));
  }

  /**
   * The events of the next append with the hash that it needs on its last event. Where an older stream begins its chain,
   * the first event has one too, so that a reader finds the beginning.
   */
  seal(revision: number, events: readonly NewEvent[]): NewEvent[] {
    const texts = events.map((event, i) =>
      recordText({ stream: this.stream, revision: revision + 1 + i, ...event } satisfies Linked),
    );
    const sealed = [...events];
    const put = (at: number, hash: string) => {
      sealed[at] = { ...events[at]!, metadata: { ...(events[at]!.metadata as object), hash } };
      return hash;
    };
    const last = events.length - 1;
    if (this.open) put(last, this.open.closed(...texts));
    else if (this.head !== undefined) put(last, linkOf(this.head, texts));
    else {
      const first = put(0, linkOf(this.lastId, texts.slice(0, 1)));
      if (last > 0) put(last, linkOf(first, texts.slice(1)));
    }
    return sealed;
  }

  /** The events that `seal` returned are stored. */
  appended(sealed: readonly NewEvent[]): void {
    const { id, metadata } = sealed[sealed.length - 1]!;
    this.lastId = id;
    this.close((metadata as { readonly hash: string }).hash);
  }

  private close(hash: string): void {
    this.head = hash;
    this.open = undefined;
  }
}
