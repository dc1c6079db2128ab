import type { RecordedEvent } from '@tallystick/eventing';
import type { SqliteDatabase } from '../sqlite/sqlite-database';
import { eventsIn } from './stored-json';

interface CachedPage {
  /** Position before the page's first event. */
  readonly after: number;
  readonly events: readonly RecordedEvent[];
}

const PAGE_BYTES = 1024 * 1024;
const MOST_EVENTS = 4_000;
const ROWS_BACKWARDS = 8;
/** Cached pages: as many readers as this can follow the log efficiently. */
const KEPT = 6;

/** Reads the log from the database and prefetches the next page of each reader. */
export class LogPages {
  private readonly pages = new Map<number, Promise<CachedPage>>();
  private bytesPerEvent = 16_384;

  constructor(private readonly database: SqliteDatabase) {}

  /** Events after `position`. Empty only at the end of the log. `end` is the last stored position. */
  async after(position: number, limit: number, end: number): Promise<readonly RecordedEvent[]> {
    const { after, events } = await this.pageWith(position);
    if (after + events.length < end && events.length > 0) void this.keep(after + events.length);
    return events.slice(position - after, position - after + limit);
  }

  /** Last event from `first` on of the streams whose name starts with `prefix`, searched backwards from the end of the log. */
  async last(prefix: string, first: number): Promise<RecordedEvent | undefined> {
    for (let before = Number.MAX_SAFE_INTEGER; ;) {
      const rows = await this.database.read(
        `SELECT position, CAST(records AS TEXT) AS records FROM log WHERE position < ? ORDER BY position DESC LIMIT ${ROWS_BACKWARDS}`,
        [before],
      );
      for (const { position, records } of rows) {
        const events = eventsIn(records as string, `at position ${position as number}`);
        const found = events.findLast(({ stream }) => stream.startsWith(prefix));
        if (found) return found.position < first ? undefined : found;
      }
      if (rows.length < ROWS_BACKWARDS) return undefined;
      before = rows[rows.length - 1]!['position'] as number;
      if (before <= first) return undefined;
    }
  }

  /** Most recently read page that contains the event after `position`. */
  private async pageWith(position: number): Promise<CachedPage> {
    for (const start of [...this.pages.keys()].reverse()) {
      if (start > position || position - start >= MOST_EVENTS * 2) continue;
      const page = await this.pages.get(start);
      if (page && position < page.after + page.events.length) return page;
    }
    return this.keep(position);
  }

  private keep(after: number): Promise<CachedPage> {
    const known = this.pages.get(after);
    if (known) return known;
    const page = this.load(after);
    this.pages.set(after, page);
    // A failed or empty page is read again.
    page.then(
      ({ events }) => events.length === 0 && this.pages.delete(after),
      () => this.pages.delete(after),
    );
    if (this.pages.size > KEPT) this.pages.delete(this.pages.keys().next().value!);
    return page;
  }

  private async load(after: number): Promise<CachedPage> {
    const span = Math.max(1, Math.min(MOST_EVENTS, Math.floor(PAGE_BYTES / this.bytesPerEvent)));
    const [row] = await this.database.read(
      `SELECT group_concat(CAST(records AS TEXT), ',' ORDER BY position) AS records FROM log
         WHERE position >= coalesce((SELECT max(position) FROM log WHERE position <= ?), 0) AND position < ?`,
      [after + 1, after + 1 + span],
    );
    const text = row?.['records'] as string | null;
    if (text === null) return { after, events: [] };
    const events = joined(
      eventsIn<RecordedEvent[][]>(`[${text}]`, `between positions ${after + 1} and ${after + span}`),
    );
    this.bytesPerEvent = Math.ceil(text.length / events.length);
    const skipped = events.findIndex((event) => event.position > after);
    return { after, events: skipped > 0 ? events.slice(skipped) : skipped < 0 ? [] : events };
  }
}

/** Several times faster than `flat()`, which looks for holes. */
function joined(rows: readonly (readonly RecordedEvent[])[]): RecordedEvent[] {
  const events: RecordedEvent[] = [];
  for (const row of rows) for (const event of row) events.push(event);
  return events;
}
