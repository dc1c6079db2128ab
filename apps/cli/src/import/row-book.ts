import type { Rejected } from './rejected-file';
import type { Summary } from './summary';

export type Outcome =
  | { readonly kind: 'accepted'; readonly credits: number }
  | { readonly kind: 'repeated' }
  | { readonly kind: 'refused'; readonly rejected: Rejected }
  | { readonly kind: 'unreadable'; readonly rejected: Rejected };

interface Open {
  outcome?: Outcome;
  closed: boolean;
}

/**
 * What has come of which row. Rows are opened in order and closed in any; the summary counts a row once all rows
 * before it are closed too, so that summary and `row` fit together at any moment, and an import can go on from them.
 */
export class RowBook {
  private readonly open = new Map<number, Open>();
  private fresh: Rejected[] = [];

  constructor(
    /** Every row up to this one is closed and counted. */
    public row: number,
    readonly summary: Summary,
  ) {}

  begin(row: number): void {
    // (the end of a row that was refused comes when that row is counted already)
    if (row > this.row && !this.open.has(row)) this.open.set(row, { closed: false });
  }

  /** The first outcome of a row stands, but for one: what was accepted may still be refused its end. */
  record(row: number, outcome: Outcome): void {
    const entry = this.open.get(row);
    const earlier = entry?.outcome?.kind;
    const isWorse = outcome.kind === 'refused' && (earlier === 'accepted' || earlier === 'repeated');
    if (entry && (earlier === undefined || isWorse)) entry.outcome = outcome;
  }

  close(row: number): void {
    const entry = this.open.get(row);
    if (entry) entry.closed = true;
  }

  /** Counts what can be counted; answers the rejected rows among them, in their order. */
  advance(): readonly Rejected[] {
    for (const [row, { outcome, closed }] of this.open) {
      if (!closed) break;
      this.open.delete(row);
      this.row = row;
      if (outcome) this.count(outcome);
    }
    const rejected = this.fresh;
    this.fresh = [];
    return rejected;
  }

  private count(outcome: Outcome): void {
    const { summary } = this;
    switch (outcome.kind) {
      case 'accepted':
        summary.accepted++;
        summary.credits += outcome.credits;
        break;
      case 'repeated':
        summary.repeated++;
        break;
      case 'unreadable':
        summary.unreadable++;
        this.fresh.push(outcome.rejected);
        break;
      case 'refused': {
        const { code } = outcome.rejected;
        summary.refused[code] = (summary.refused[code] ?? 0) + 1;
        this.fresh.push(outcome.rejected);
      }
    }
  }
}
