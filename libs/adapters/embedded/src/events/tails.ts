/** Neighbouring events of one stream: where they lie in a row of the log. */
export interface EventRun {
  readonly revision: number;
  count: number;
  readonly position: number;
  /** Key of the row, and the bytes in it. */
  readonly row: number;
  readonly offset: number;
  length: number;
}

/** What is known of a live stream. */
export interface Tail {
  readonly stream: string;
  /** Revision once everything queued is stored; new appends are checked against it. */
  revision: number;
  stored: number;
  queued: number;
  /** Runs that the index does not have yet, or whose events are still in memory. */
  runs: EventRun[];
  /** How many of `runs` the index has, and how many are on their way to it and may no longer be extended. */
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

/** The run that holds `revision`, or -1. Runs are in order and without gaps. */
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

/** The tails used of late: two generations, of which the older is dropped when the younger is full. */
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

  /** Runs that the index has and whose events have left the memory are no longer needed here. */
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
    // A tail with work in hand is the only place where that work is known.
    for (const tail of dropped.values())
      if (tail.queued > 0 || tail.indexed < tail.runs.length) this.young.set(tail.stream, tail);
  }
}
