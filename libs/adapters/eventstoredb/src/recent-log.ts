import { LOG_START, type RecordedEvent } from '@tallystick/eventing';

/** Events of the ledger take a kilobyte or so. */
const MOST = 4_096;

/**
 * The newest events of the log as the subscription brought them: whoever has caught up reads them here, so that the
 * client decodes each event once, however many follow the log.
 */
export class RecentLog {
  private events: RecordedEvent[] = [];
  /** Everything after it, up to the newest event here, is here; undefined while nothing is sure. */
  private start: number | undefined;

  /** What comes from now on follows without a gap on `position`. */
  begin(position: number): void {
    this.events = [];
    this.start = position;
  }

  push(event: RecordedEvent): void {
    // After a new subscription some may come again.
    if (this.start === undefined || event.position <= this.newest) return;
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
    return this.events[this.events.length - 1]?.position ?? LOG_START;
  }
}
