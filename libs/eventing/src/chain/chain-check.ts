import type { RecordedEvent } from '../ports/event-store';
import { hashIn, linkOf, NOTHING_BEFORE, OpenLink, recordText } from './link';

/** The events of a stream that are older than its first hash. */
export interface UnchainedHistory {
  /** The last of them. */
  readonly upTo: number;
  /** Over all of them, in the chain's form, with nothing before. */
  readonly digest: string;
}

/** Recomputes the chain of one stream, event by event from the first. It keeps a hash or two, never events. */
export class ChainCheck {
  private head: string | undefined;
  /** The events since the last hash; none is kept where there is none. */
  private open: OpenLink | undefined;
  private from = 0;
  private lastId = '';
  private next = 0;
  private isSealed = false;
  private older: UnchainedHistory | undefined;

  constructor(readonly stream: string) {}

  /** A hash was found. */
  get hasStarted(): boolean {
    return this.head !== undefined;
  }

  /** The events before the first hash; all events while there is none. Undefined if there is nothing to seal. */
  get history(): UnchainedHistory | undefined {
    if (this.hasStarted) return this.older;
    return this.next === 0 ? undefined : { upTo: this.next - 1, digest: this.openLink.closed() };
  }

  /** The stream has events that neither a hash nor a seal covers, though its chain has started. */
  get lacksSeal(): boolean {
    return this.older !== undefined && !this.isSealed;
  }

  /** Takes the next event; answers what is wrong with the hash that it carries, in words. */
  take(record: RecordedEvent): string[] {
    const text = recordText(record);
    const hash = hashIn(record.metadata);
    this.next = record.revision + 1;
    if (hash === undefined) {
      this.lastId = record.id;
      this.open = this.openLink.add(text);
      return [];
    }
    const isRight = this.hasStarted ? this.closed(text) === hash : this.begins(record.revision, text, hash);
    const range = { from: this.from, to: record.revision };
    this.head = hash;
    this.open = undefined;
    this.from = this.next;
    this.lastId = record.id;
    return isRight ? [] : [this.broken(range)];
  }

  /** Takes what a HistorySealed says; a seal of less than the whole history is made up for by a later one. */
  takeSeal({ upTo, digest }: UnchainedHistory): string[] {
    if (this.older === undefined || upTo > this.older.upTo)
      return [`it seals the history of ${this.stream} up to revision ${upTo}, which has hashes of its own`];
    if (upTo < this.older.upTo) return [];
    this.isSealed = true;
    return digest === this.older.digest ? [] : [this.changed({ from: 0, to: upTo }, 'the seal')];
  }

  /** With the first append of the stream, or in an older stream with this one event, behind the id of the one before. */
  private begins(revision: number, text: string, hash: string): boolean {
    if (this.closed(text) === hash) return true;
    if (revision === 0) return false;
    this.older = { upTo: revision - 1, digest: this.openLink.closed() };
    return linkOf(this.lastId, [text]) === hash;
  }

  private closed(text: string): string {
    return this.open ? this.open.closed(text) : linkOf(this.head ?? NOTHING_BEFORE, [text]);
  }

  private get openLink(): OpenLink {
    return this.open ?? new OpenLink(this.head ?? NOTHING_BEFORE);
  }

  private broken(range: { from: number; to: number }): string {
    return this.changed(range, `the hash at revision ${range.to}`);
  }

  private changed({ from, to }: { from: number; to: number }, what: string): string {
    const events = from === to ? `revision ${to}` : `revisions ${from} to ${to}`;
    return (
      `${what} does not fit ${events} of ${this.stream}: an event there, or the hash itself, was changed after it was stored. ` +
      'Compare these events with a backup, and find out who can write to the store (docs/hash-chain.md).'
    );
  }
}
