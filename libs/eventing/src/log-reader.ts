import type { EventStore, LogPage } from './event-store';

/** Reads the log as a projector needs it. */
export class LogReader {
  constructor(
    private readonly store: EventStore,
    private readonly prefix: string,
    private readonly batch = 10_000,
  ) {}

  /**
   * What lies after `after` and not beyond `upTo`. Up to a whole batch, however small the store's pages are: what lies far behind
   * the log's end is written in few transactions.
   */
  async read(after: number, upTo = Infinity): Promise<LogPage> {
    let page = await this.store.readLog(after, this.batch, this.prefix);
    for (let more = page; more.events.length > 0 && page.events.length < this.batch;) {
      more = await this.store.readLog(page.position, this.batch - page.events.length, this.prefix);
      page = { events: page.events.concat(more.events), position: more.position };
    }
    if (page.position <= upTo) return page;
    return { events: page.events.filter(({ position }) => position <= upTo), position: upTo };
  }

  /** A place at which the log ended at some moment of this call. */
  async end(after: number): Promise<number> {
    for (let end = after; ;) {
      const { position } = await this.read(end);
      if (position <= end) return end;
      end = position;
    }
  }
}
