/** Consecutive events of one stream, and their location in a row of the log. */
export interface EventRun {
  readonly revision: number;
  count: number;
  readonly position: number;
  /** Key of the row, and byte range in it. */
  readonly row: number;
  readonly offset: number;
  length: number;
}

/** Cached end of a stream. */
export interface Tail {
  readonly stream: string;
  /** Revision after all queued appends. New appends are compared with it. */
  revision: number;
  stored: number;
  queued: number;
  /** Runs that are not in the index yet, or whose events are still in memory. */
  runs: EventRun[];
  /** Number of `runs` in the index, and number of runs that are being written to it and must not be extended. */
  indexed: number;
  sealed: number;
}

export const newTail = (stream: string, revision: number): Tail => ({
  stream,
  revision,
  stored: revision,
  queued: 0,
  runs: [],
  indexed: 0,
  sealed: 0,
});

export function addRun(tail: Tail, run: EventRun): void {
  const last = tail.runs.length > tail.sealed ? tail.runs[tail.runs.length - 1]! : undefined;
  if (last && last.row === run.row && last.offset + last.length + 1 === run.offset) {
    last.count += run.count;
    last.length += run.length + 1;
  } else {
    tail.runs.push(run);
  }
}

/** Index of the run that contains `revision`, or -1. Runs are in order and without gaps. */
export function findRun(runs: readonly EventRun[], revision: number): number {
  let low = 0;
  let high = runs.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (runs[middle]!.revision <= revision) low = middle;
    else high = middle - 1;
  }
  const run = runs[low];
  return run && run.revision <= revision && revision < run.revision + run.count ? low : -1;
}

/** Cache of recently used tails in two generations. The older one is dropped when the younger one is full. */
export class Tails {
  private young = new Map<string, Tail>();
  private old = new Map<string, Tail>();

  constructor(private readonly limit: number) {}

  get(stream: string): Tail | undefined {
    const tail = this.young.get(stream);
    if (tail) return tail;
    const older = this.old.get(stream);
    if (older) {
      this.old.delete(stream);
      this.young.set(stream, older);
    }
    return older;
  }

  set(tail: Tail): void {
    this.young.set(tail.stream, tail);
    if (this.young.size > this.limit / 2) this.age();
  }

  /** Removes runs that are in the index and whose events are no longer in memory. */
  trim(firstRecent: number): void {
    for (const generation of [this.young, this.old]) {
      for (const tail of generation.values()) {
        let gone = 0;
        while (gone < tail.indexed && tail.runs[gone]!.position < firstRecent) gone++;
        if (gone === 0) continue;
        tail.runs = tail.runs.slice(gone);
        tail.indexed -= gone;
        tail.sealed -= gone;
      }
    }
  }

  private age(): void {
    const dropped = this.old;
    this.old = this.young;
    this.young = new Map();
    // The work of a tail with queued or unindexed runs is recorded only in the tail.
    for (const tail of dropped.values())
      if (tail.queued > 0 || tail.indexed < tail.runs.length) this.young.set(tail.stream, tail);
  }
}
