import { type ServerClock } from '../server-clock';
import { DELETED, NO_STREAM, type Recorded } from './records';
import { type Bounds, boundsOf, isMetadataStream, metadataStreamOf, originalOf } from './stream-metadata';

/** The visible events of a stream, oldest first, or the reason why there are none. */
export type Visible = readonly Recorded[] | 'not found' | 'deleted';

/** The indexed events by stream, including events that metadata hides, which are needed to compare ids. */
export class IndexedStreams {
  private readonly streams = new Map<string, Recorded[]>();
  private readonly tombstones = new Set<string>();
  private readonly bounds = new Map<string, Bounds>();

  constructor(private readonly clock: ServerClock) {}

  add(event: Recorded): void {
    const { stream } = event;
    if (isMetadataStream(stream)) this.bounds.delete(originalOf(stream));
    if (event.revision === DELETED) return void this.tombstones.add(stream);
    const events = this.streams.get(stream);
    if (events) events.push(event);
    else this.streams.set(stream, [event]);
  }

  /** Deletes a stream together with its metadata. */
  lastRevision(stream: string): number {
    if (isMetadataStream(stream) && this.lastRevision(originalOf(stream)) === DELETED) return DELETED;
    if (this.tombstones.has(stream)) return DELETED;
    return (this.streams.get(stream)?.length ?? 0) + NO_STREAM;
  }

  at(stream: string, revision: number): Recorded | undefined {
    return this.streams.get(stream)?.[revision];
  }

  newest(stream: string): Recorded | undefined {
    return this.streams.get(stream)?.at(-1);
  }

  boundsOf(stream: string): Bounds {
    let bounds = this.bounds.get(stream);
    if (bounds) return bounds;
    const metadata = metadataStreamOf(stream);
    const isDeleted = this.lastRevision(metadata) === DELETED;
    bounds = boundsOf(stream, isDeleted ? undefined : this.newest(metadata));
    this.bounds.set(stream, bounds);
    return bounds;
  }

  visible(stream: string): Visible {
    const last = this.lastRevision(stream);
    const bounds = this.boundsOf(stream);
    if (last === DELETED) return 'deleted';
    if (last === NO_STREAM || bounds.softDeleted) return 'not found';
    const { maxCount = Infinity, truncateBefore = 0, maxAgeMs } = bounds;
    const events = this.streams.get(stream)!;
    const first = Math.max(truncateBefore, last - maxCount + 1, 0);
    const kept = first === 0 ? events : events.slice(first);
    if (maxAgeMs === undefined) return kept;
    const oldest = this.clock.now() - maxAgeMs;
    return kept.filter(({ created }) => created >= oldest);
  }

  /** One event, if it is visible. */
  visibleAt(stream: string, revision: number): Recorded | undefined {
    const events = this.visible(stream);
    return typeof events === 'string' ? undefined : events[revision - (events[0]?.revision ?? 0)];
  }
}
