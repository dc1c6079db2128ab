import { systemClock } from '@tallystick/runtime';
import type { EventStore, LogPage } from '../ports/event-store';

/** A log that grows as fast as it is read would otherwise be read until the batch is full, and its views be as far behind. */
const LONGEST_MILLISECONDS = 250;
/** Of a page. A server's own events may be most of its log. */
const NEARLY_EMPTY = 0.1;

/** Reads the log as a projector needs it. */
export class LogReader {
  constructor(
    private readonly store: EventStore,
    private readonly prefix: string,
    private readonly batch = 10_000,
    private readonly longestMilliseconds = LONGEST_MILLISECONDS,
  ) {}

  /**
   * What lies after `after` and not beyond `upTo`. Up to a whole batch, however small the store's pages are: what lies far behind
   * the log's end is written in few transactions.
   */
  async read(after: number, upTo = Infinity): Promise<LogPage> {
    const started = systemClock.monotonic();
    let page = await this.store.readLog(after, this.batch, this.prefix);
    for (let more = page; more.events.length > 0 && page.events.length < this.batch;) {
      if (systemClock.monotonic() - started > this.longestMilliseconds) break;
      more = await this.store.readLog(page.position, this.batch - page.events.length, this.prefix);
      page = { events: page.events.concat(more.events), position: more.position };
    }
    if (page.position <= upTo) return page;
    return { events: page.events.filter(({ position }) => position <= upTo), position: upTo };
  }

  /**
   * Of the last event that the log had at some moment of this call. What others write into the same log nobody here waits for,
   * nor for an empty page, which a busy log may never have: one that is nearly empty was read to the log's end. So a store that
   * several processes share must fill its pages.
   */
  async end(after: number): Promise<number> {
    let last = after;
    for (let at = after; ;) {
      const { events, position } = await this.store.readLog(at, this.batch, '');
      for (const event of events) if (event.stream.startsWith(this.prefix)) last = event.position;
      if (position <= at || events.length < this.batch * NEARLY_EMPTY) return last;
      at = position;
    }
  }
}
