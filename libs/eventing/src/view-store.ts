/** What a view may hold in a column: text, whole numbers, or JSON kept as text. */
export type Value = string | number | null;
export type Row = Readonly<Record<string, Value>>;

/** One table of a view. `key` are the columns that name a row; `indexes` serve the queries and may be dropped and made again. */
export interface Table {
  readonly name: string;
  readonly columns: Readonly<Record<string, 'text' | 'integer'>>;
  readonly key: readonly string[];
  readonly indexes: readonly (readonly string[])[];
}

/** Column = value, or IN a list, or within a range; all conditions hold together. */
export type Where = Readonly<
  Record<
    string,
    | Value
    | readonly Value[]
    | { readonly from?: Value; readonly after?: Value; readonly before?: Value; readonly upTo?: Value }
  >
>;

export interface Query {
  readonly where?: Where;
  /** Columns in the order of sorting; `-name` sorts downwards. */
  readonly order?: readonly string[];
  readonly limit?: number;
  readonly columns?: readonly string[];
  readonly distinct?: boolean;
}

/** What one batch of events changes in one view. */
export interface ViewChange {
  readonly table: Table;
  /** The log position up to which the view is now complete. */
  readonly checkpoint: number;
  /** Rows to write, whole; a row with the same key is replaced. */
  readonly put: readonly Row[];
  /** Rows to remove, before `put` is written. */
  readonly remove?: readonly Where[];
}

/**
 * Where views live. Rows and checkpoint of a batch commit together or not at all; a view may be dropped at any time.
 * `generation` names a second copy of a view that is being built beside the one that is served ('' is the served one).
 */
export abstract class ViewStore {
  /** Makes what is missing; drops a table whose columns, key or indexes differ from the definition (it will be built anew). */
  abstract open(tables: readonly Table[], generation?: string): Promise<void>;
  /** LOG_START for a view that has nothing yet. */
  abstract checkpoint(table: Table, generation?: string): Promise<number>;
  /** Rows by key, in the order of the keys; undefined where there is none. */
  abstract get(
    table: Table,
    keys: readonly (readonly Value[])[],
    generation?: string,
  ): Promise<readonly (Row | undefined)[]>;
  /** One transaction for all changes. */
  abstract commit(changes: readonly ViewChange[], generation?: string): Promise<void>;
  abstract find(table: Table, query: Query, generation?: string): Promise<readonly Row[]>;
  /** Sums of `sum` and the count (as `count`) of the rows for every combination of `groupBy`, ordered by it. */
  abstract total(
    table: Table,
    query: { readonly where?: Where; readonly groupBy: readonly string[]; readonly sum: readonly string[] },
  ): Promise<readonly Row[]>;
  /** Puts generation `generation` in the place of the served one, at once. */
  abstract promote(table: Table, generation: string): Promise<void>;
  abstract drop(table: Table, generation?: string): Promise<void>;
  abstract close(): Promise<void>;
}
