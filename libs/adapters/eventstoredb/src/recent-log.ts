import { LOG_START, type RecordedEvent } from '@tallystick/eventing';

/** Maximum number of events, of about one kilobyte each. */
const MOST = 4_096;

/**
 * Newest events of the log from the subscription. Live readers read them here, so that the client decodes each event
 * once, regardless of the number of readers.
 */
export class RecentLog {
  private events: RecordedEvent[] = [];
  /** All events after this position, up to the newest one, are present. Undefined before the first event. */
  private start: number | undefined;

  /** Called for a new subscription: events between the two subscriptions may be missing. */
  clear(): void {
    this.events = [];
    this.start = undefined;
  }

  push(event: RecordedEvent): void {
    // The subscription may have skipped events at its start: it is complete only after its first event.
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

  /** At most `limit` events after the position. Empty if there are none, or if some may be missing. */
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
