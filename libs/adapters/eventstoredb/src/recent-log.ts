import { LOG_START, type RecordedEvent } from '@tallystick/eventing';

/** Events of the ledger take a kilobyte or so. */
const MOST = 4_096;

/**
 * The newest events of the log as one subscription brought them: readers that have caught up read them here, so that the client
 * decodes each event once, however many follow the log.
 */
export class RecentLog {
  private events: RecordedEvent[] = [];
  /** Everything after it, up to the newest event here, is here; undefined before the subscription has brought an event. */
  private start: number | undefined;

  /** For a new subscription: what lies between its events and those of the one before is unknown. */
  clear(): void {
    this.events = [];
    this.start = undefined;
  }

  push(event: RecordedEvent): void {
    // Where it starts, the subscription may have left events out: only what follows an event of its own is sure.
    if (this.start === undefined) {
      this.start = event.position;
      return;
    }
    if (event.position <= this.newest) return;
    this.events.push(event);
    if (this.events.length < 2 * MOST) return;
    this.start = this.events[MOST - 1]!.position;
    this.events = this.events.slice(MOST);
  }

  /** At most `limit` after the position; empty where there are none, or not surely all. */
  after(position: number, limit: number): readonly RecordedEvent[] {
    if (this.start === undefined || position < this.start || position >= this.newest) return [];
    let [low, high] = [0, this.events.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.events[middle]!.position > position) high = middle;
      else low = middle + 1;
    }
    return this.events.slice(low, low + limit);
  }

  private get newest(): number {
    return this.events[this.events.length - 1]?.position ?? this.start ?? LOG_START;
  }
}
