import type { RecordedEvent } from '@tallystick/eventing';

/** Newest events of the log in memory, so that live readers need neither SQL nor JSON. Positions are dense. */
export class RecentEvents {
  private events: RecordedEvent[] = [];
  private readonly groups: { count: number; bytes: number }[] = [];
  private bytes = 0;

  constructor(
    private first: number,
    private readonly limit: { readonly events: number; readonly bytes: number },
  ) {}

  /** Position of the oldest event in memory. */
  get start(): number {
    return this.first;
  }

  /** `bytes`: size of the events as JSON. */
  push(events: readonly (readonly RecordedEvent[])[], bytes: number): void {
    let count = 0;
    for (const some of events) {
      for (const event of some) this.events.push(event);
      count += some.length;
    }
    this.groups.push({ count, bytes });
    this.bytes += bytes;
    // 25 % slack, so that the array is rarely copied.
    if (this.events.length > this.limit.events * 1.25 || this.bytes > this.limit.bytes * 1.25) this.shrink();
  }

  at(position: number): RecordedEvent {
    return this.events[position - this.first]!;
  }

  /** Undefined if some events after `position` are no longer in memory. */
  after(position: number, limit: number): readonly RecordedEvent[] | undefined {
    const from = position + 1 - this.first;
    return from < 0 ? undefined : this.events.slice(from, from + limit);
  }

  /** Position after the newest event. */
  get end(): number {
    return this.first + this.events.length;
  }

  /** Undefined if no event in memory from `position` on belongs to such a stream. */
  last(prefix: string, position: number): RecordedEvent | undefined {
    for (let at = this.events.length - 1; at >= Math.max(0, position - this.first); at--)
      if (this.events[at]!.stream.startsWith(prefix)) return this.events[at];
    return undefined;
  }

  private shrink(): void {
    let groups = 0;
    let count = 0;
    for (const group of this.groups) {
      if (this.events.length - count <= this.limit.events && this.bytes <= this.limit.bytes) break;
      groups++;
      count += group.count;
      this.bytes -= group.bytes;
    }
    this.groups.splice(0, groups);
    this.events = this.events.slice(count);
    this.first += count;
  }
}
