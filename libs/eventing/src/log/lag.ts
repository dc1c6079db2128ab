const MOST = 1_024;

/** How long a reader of the log has been behind its end. Takes milliseconds of any one clock. */
export class Lag {
  private ends: { readonly position: number; readonly at: number }[] = [];

  recordEnd(position: number, at: number): void {
    const last = this.ends[this.ends.length - 1];
    if (last && position <= last.position) return;
    this.ends.push({ position, at });
    // The lag of a reader that is hours behind need not be exact.
    if (this.ends.length > MOST) this.ends = this.ends.filter((_, index) => index % 2 === 0);
  }

  /** Since the oldest end that the reader has not reached was seen. */
  seconds(reached: number, now: number): number {
    const open = this.ends.findIndex(({ position }) => position > reached);
    this.ends = open < 0 ? [] : this.ends.slice(open);
    return open < 0 ? 0 : Math.max(0, now - this.ends[0]!.at) / 1_000;
  }
}
