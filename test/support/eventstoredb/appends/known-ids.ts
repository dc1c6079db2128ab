const CAPACITY_BYTES = 8 * 1024 * 1024;
const BYTES_OF_AN_ENTRY = 28;

export interface EventPlace {
  readonly stream: string;
  readonly revision: number;
}

/**
 * The ids that `any` and `stream_exists` compare: those of the newest events, up to 8 MiB (about 110,000 events with
 * names of 11 letters), and none after a restart. For an id that is stored twice, the first position is kept.
 */
export class KnownIds {
  private readonly places = new Map<string, EventPlace>();
  private readonly queue: string[] = [];
  private oldest = 0;
  private bytes = 0;

  constructor(private readonly capacity = CAPACITY_BYTES) {}

  get(id: string): EventPlace | undefined {
    return this.places.get(id);
  }

  put(id: string, place: EventPlace): void {
    while (this.bytes > this.capacity && this.oldest < this.queue.length) this.remove(this.queue[this.oldest++]!);
    this.bytes += sizeOf(place);
    this.queue.push(id);
    if (!this.places.has(id)) this.places.set(id, place);
    if (this.oldest > this.queue.length / 2) this.oldest -= this.queue.splice(0, this.oldest).length;
  }

  clear(): void {
    this.places.clear();
    this.queue.length = this.oldest = this.bytes = 0;
  }

  private remove(id: string): void {
    const place = this.places.get(id);
    if (!place) return;
    this.bytes -= sizeOf(place);
    this.places.delete(id);
  }
}

/** The size of a name in the runtime of the server: a header and two bytes per letter, in steps of eight. */
const sizeOf = ({ stream }: EventPlace): number => BYTES_OF_AN_ENTRY + 16 + 8 * Math.ceil((2 * stream.length + 6) / 8);
