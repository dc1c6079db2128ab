/** A value in a column of a view: text, an integer, or JSON as text. */
export type ColumnValue = string | number | null;
export type Row = Readonly<Record<string, ColumnValue>>;

/** The definition of a view's table. `key` are the columns of the primary key; `indexes` serve queries and can be dropped and created again. */
export interface Table {
  readonly name: string;
  readonly columns: Readonly<Record<string, 'text' | 'integer'>>;
  readonly key: readonly string[];
  readonly indexes: readonly (readonly string[])[];
}

/** A condition on rows: column = value, column IN list, or column within a range. All conditions must hold. */
export type Where = Readonly<
  Record<
    string,
    | ColumnValue
    | readonly ColumnValue[]
    | {
        readonly from?: ColumnValue;
        readonly after?: ColumnValue;
        readonly before?: ColumnValue;
        readonly upTo?: ColumnValue;
      }
  >
>;

/** An event with its place in its stream. */
export interface StreamEvent<Event> {
  /** The name of the stream without its category, for example an organization's id. */
  readonly entityId: string;
  readonly revision: number;
  readonly event: Event;
}

/**
 * A projection of events to rows: an event names the keys of the rows it changes, and each row is folded on its own. It reads
 * neither the time nor other rows, so dropping a view and folding the log again gives the same rows.
 * The members are methods, so that a view of any model can be used as a `View<Event>`.
 */
export interface View<Event, Model = unknown> {
  readonly table: Table;
  keysOf(event: Event): readonly (readonly ColumnValue[])[];
  /** True if the view has no row with the event's key yet, so that none is read from the store. */
  isFirst(event: Event): boolean;
  read(row: Row | undefined, key: readonly ColumnValue[]): Model;
  fold(model: Model, event: Event): Model;
  write(model: Model): Row;
  /** Rows that the event deletes, regardless of their key. */
  removes?(event: Event): Where | undefined;
}
