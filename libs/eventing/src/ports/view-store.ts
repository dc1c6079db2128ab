import type { ColumnValue, Row, Table, Where } from '@tallystick/domain/kernel';
import type { Checkpoint } from '../log/checkpoint';
import type { Health } from './event-store';

export type { ColumnValue, Row, Table, Where };

export interface ViewQuery {
  readonly where?: Where;
  /** Columns in the order of sorting; `-name` sorts downwards. */
  readonly order?: readonly string[];
  readonly limit?: number;
  readonly columns?: readonly string[];
  readonly distinct?: boolean;
}

/** Which sums of which rows. `after`, the values of `groupBy`, and `limit` cut one page out of them: for columns that have no NULL. */
export interface TotalsQuery {
  readonly where?: Where;
  readonly groupBy: readonly string[];
  readonly sum: readonly string[];
  readonly after?: readonly ColumnValue[];
  readonly limit?: number;
}

/** The changes of one batch of events to one view. */
export interface ViewChange {
  readonly table: Table;
  /** The event up to which the view is now complete. */
  readonly checkpoint: Checkpoint;
  /** The position at which the writer believes the view's checkpoint to be. If it is elsewhere, nothing is committed: ViewOvertaken. */
  readonly from?: number;
  /** Rows to write, whole; a row with the same key is replaced. */
  readonly put: readonly Row[];
  /** Rows to remove, before `put` is written. */
  readonly remove?: readonly Where[];
}

/** The exclusive right to write one generation of some tables. */
export interface Lease {
  /** Aborts when the lease is lost, when another process requests it, or with the signal that it was acquired with. */
  readonly ended: AbortSignal;
  /** Releases the lease. */
  release(): Promise<void>;
}

export interface LeaseOptions {
  readonly generation?: string;
  readonly signal: AbortSignal;
  /** Requests the lease from its holder and waits for it. Callers that wait come first. */
  readonly preempt?: boolean;
}

/**
 * Stores views. Rows and checkpoint of a batch are committed together or not at all. A view can be dropped at any time.
 * `generation` names a second copy of a view that is being built beside the one that is served ('' is the served one).
 */
export abstract class ViewStore {
  /** Creates missing tables; drops a table whose columns, key or indexes differ from the definition (it is built again). */
  abstract open(tables: readonly Table[], generation?: string): Promise<void>;
  /** NOTHING_READ for an empty view. */
  abstract checkpoint(table: Table, generation?: string): Promise<Checkpoint>;
  /** Rows by key, in the order of the keys; undefined where there is none. */
  abstract get(
    table: Table,
    keys: readonly (readonly ColumnValue[])[],
    generation?: string,
  ): Promise<readonly (Row | undefined)[]>;
  /** One transaction for all changes. */
  abstract commit(changes: readonly ViewChange[], generation?: string): Promise<void>;
  abstract find(table: Table, query: ViewQuery, generation?: string): Promise<readonly Row[]>;
  /** Sums of `sum` and the count (as `count`) of the rows for every combination of `groupBy`, ordered by it. */
  abstract total(table: Table, query: TotalsQuery): Promise<readonly Row[]>;
  /** Puts generation `generation` in the place of the served one, at once; ViewOvertaken where that one's checkpoint is not `from`. */
  abstract promote(table: Table, generation: string, from?: number): Promise<void>;
  abstract drop(table: Table, generation?: string): Promise<void>;
  abstract close(): Promise<void>;

  /** For readiness. */
  health(): Promise<Health> {
    return Promise.resolve({});
  }

  /** Undefined while another process has the lease. A store that belongs to one process always grants it. */
  async acquireLease(_tables: readonly Table[], { signal }: LeaseOptions): Promise<Lease | undefined> {
    return { ended: signal, release: () => Promise.resolve() };
  }

  /**
   * The position up to which other processes have committed all of `tables`. Resolves at once if that is past `position`, otherwise
   * after a commit or after some time, so that the caller checks whether there is still a leader.
   */
  async waitForCommit(tables: readonly Table[], _position: number, _signal: AbortSignal): Promise<number> {
    return Math.min(...(await Promise.all(tables.map(async (table) => (await this.checkpoint(table)).position))));
  }
}
