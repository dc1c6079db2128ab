import { type EventStore, LOG_START, type RecordedEvent } from '../ports/event-store';
import { LOG_STREAM } from './log-identity';

/**
 * Compares the end of the log with the last end that was seen. A log can be restored from a backup under a running process, and a
 * subscription from beyond its end gets no events.
 */
export class LogWatch {
  private seen: RecordedEvent | undefined;
  private farthest = LOG_START;
  private found: string | undefined;

  constructor(
    private readonly store: EventStore,
    private readonly prefix: string,
    /** Epochs of the log when it was opened. */
    private readonly epochs: number,
  ) {}

  /** The last event of the log. Undefined until the first check. */
  get end(): RecordedEvent | undefined {
    return this.seen;
  }

  /** The error of the log, if it has one. */
  get fault(): string | undefined {
    return this.found;
  }

  /** `read`: a position at which an event was read. If the store is unavailable, throws and keeps the last result. */
  async check(read = LOG_START): Promise<void> {
    this.farthest = Math.max(this.farthest, read);
    const end = await this.store.last(this.prefix);
    const isIntact = await this.isWhole(end);
    const [epoch] = await this.store.read(LOG_STREAM, this.epochs, 1);
    if (isIntact) this.seen = end;
    if (isIntact && end) this.farthest = end.position;
    this.found = epoch
      ? 'The log has a new epoch: it was cut off, and another process has accepted that. Restart this process.'
      : isIntact
        ? undefined
        : `The log no longer has the event at position ${this.farthest} that this process has read: it was restored from an older backup, or exchanged. Restart this process; the start says what to do.`;
  }

  private async isWhole(end: RecordedEvent | undefined): Promise<boolean> {
    if ((end?.position ?? LOG_START) < this.farthest) return false;
    if (this.seen === undefined || this.seen.id === end?.id) return true;
    return (await this.store.at(this.seen.position))?.id === this.seen.id;
  }
}
