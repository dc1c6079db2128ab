import type { LedgerEvent, SkippedEvent } from '../events';

// A view is a fold of rows: an event names the rows it changes, and each row is folded on its own. Folds read no clock and no
// other row: dropping a view and folding the log again gives the same bytes.

export type Value = string | number | null;
export type Row = Readonly<Record<string, Value>>;

/** An event with its position in its organization's stream. */
export interface Placed {
  readonly organizationId: string;
  readonly revision: number;
  readonly event: LedgerEvent | SkippedEvent;
}

export interface LedgerView<Model> {
  readonly table: {
    readonly name: string;
    readonly columns: Readonly<Record<string, 'text' | 'integer'>>;
    readonly key: readonly string[];
    readonly indexes: readonly (readonly string[])[];
  };
  readonly keysOf: (placed: Placed) => readonly (readonly Value[])[];
  /** No row with the event's key can be there yet. */
  readonly isFirst: (placed: Placed) => boolean;
  readonly read: (row: Row | undefined, key: readonly Value[]) => Model;
  readonly fold: (model: Model, placed: Placed) => Model;
  readonly write: (model: Model) => Row;
  readonly removes?: (placed: Placed) => Readonly<Record<string, Value | { readonly before: Value }>> | undefined;
}
