import type { RejectedRow } from './rejected-file';
import type { ImportSummary } from './summary';

export type RowResult =
  | { readonly kind: 'accepted'; readonly credits: number }
  | { readonly kind: 'repeated' }
  | { readonly kind: 'refused'; readonly rejected: RejectedRow }
  | { readonly kind: 'unreadable'; readonly rejected: RejectedRow };

interface OpenRow {
  outcome?: RowResult;
  closed: boolean;
}

/**
 * Tracks the results of rows. Rows are opened in order and closed in any order. The summary counts a row when all rows
 * before it are closed too, so that summary and `row` are always consistent and an import can resume from them.
 */
export class ImportTracker {
  private readonly open = new Map<number, OpenRow>();
  private fresh: RejectedRow[] = [];

  constructor(
    /** Last row up to which all rows are closed and counted. */
    public row: number,
    readonly summary: ImportSummary,
  ) {}

  begin(row: number): void {
    // The outcome of a refused row may arrive after the row was counted.
    if (row > this.row && !this.open.has(row)) this.open.set(row, { closed: false });
  }

  /** Keeps the first result of a row, except that a refused outcome replaces an accepted submission. */
  record(row: number, outcome: RowResult): void {
    const entry = this.open.get(row);
    const earlier = entry?.outcome?.kind;
    const isWorse = outcome.kind === 'refused' && (earlier === 'accepted' || earlier === 'repeated');
    if (entry && (earlier === undefined || isWorse)) entry.outcome = outcome;
  }

  close(row: number): void {
    const entry = this.open.get(row);
    if (entry) entry.closed = true;
  }

  /** Counts closed rows and returns the rejected ones, in order. */
  advance(): readonly RejectedRow[] {
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

  private count(outcome: RowResult): void {
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
