import type { View } from '@tallystick/domain/kernel';
import type { Checkpoint } from '../log/checkpoint';
import type { Row, Table, ColumnValue, ViewChange, ViewStore, Where } from '../ports/view-store';

const keyText = (key: readonly ColumnValue[]): string => (key.length === 1 ? String(key[0]) : key.join('\0'));

/** Turns batches of events into changes of one view. Rows in use are cached as models, so that they are not parsed again. */
export class ViewBuilder<ViewEvent> {
  private models = new Map<string, unknown>();

  constructor(
    private readonly view: View<ViewEvent>,
    private readonly store: ViewStore,
    readonly generation: string,
    private stored: Checkpoint,
    private readonly cachedRows = 10_000,
  ) {
    this.position = stored.position;
  }

  /** The position up to which the log was read. Between the checkpoint and it, no event changes the view. */
  position: number;

  /** The checkpoint that is stored with the rows. */
  get checkpoint(): Checkpoint {
    return this.stored;
  }

  committed(checkpoint: Checkpoint): void {
    this.stored = checkpoint;
    this.position = checkpoint.position;
  }

  /** Another process has committed the view up to `position`. */
  advanceTo(position: number): void {
    if (position > this.position) this.committed({ position });
  }

  /** After a failed commit the models are ahead of the rows. */
  async reload(): Promise<void> {
    this.models.clear();
    this.stored = await this.store.checkpoint(this.view.table, this.generation);
    this.position = this.stored.position;
  }

  async change(batch: readonly ViewEvent[], checkpoint: Checkpoint): Promise<ViewChange> {
    const touched = batch.map((event) => ({ event, keys: this.view.keysOf(event) }));
    await this.fetch(touched);
    const changed = new Map<string, unknown>();
    const remove: Where[] = [];
    for (const { event, keys } of touched) {
      const where = this.view.removes?.(event);
      if (where) this.removeRows(where, remove, changed);
      for (const key of keys) {
        const text = keyText(key);
        const model = this.view.fold(this.models.get(text) ?? this.view.read(undefined, key), event);
        this.models.delete(text);
        this.models.set(text, model);
        changed.set(text, model);
      }
    }
    const put = [...changed.values()].map((model) => this.view.write(model));
    this.evict();
    return { table: this.view.table, checkpoint, from: this.stored.position, put, remove };
  }

  /** One read for all rows that the batch needs and that are not cached. */
  private async fetch(
    touched: readonly { event: ViewEvent; keys: readonly (readonly ColumnValue[])[] }[],
  ): Promise<void> {
    const missing = new Map<string, readonly ColumnValue[]>();
    const fresh = new Set<string>();
    for (const { event, keys } of touched)
      for (const key of keys) {
        const text = keyText(key);
        if (this.models.has(text) || fresh.has(text)) continue;
        if (this.view.isFirst(event) && !missing.has(text)) fresh.add(text);
        else missing.set(text, key);
      }
    if (missing.size === 0) return;
    const rows = await this.store.get(this.view.table, [...missing.values()], this.generation);
    let next = 0;
    for (const [text, key] of missing) this.models.set(text, this.view.read(rows[next++], key));
  }

  /**
   * Removals are written before the rows of the same batch. So a row that the batch has put and now removes must not be put; and its
   * stored form may not meet the condition yet, so it is removed by its key.
   */
  private removeRows(where: Where, remove: Where[], changed: Map<string, unknown>): void {
    remove.push(where);
    for (const [text, model] of this.models) {
      const row = this.view.write(model);
      if (!isWithin(row, where)) continue;
      this.models.delete(text);
      if (changed.delete(text)) remove.push(keyOf(this.view.table, row));
    }
  }

  private evict(): void {
    for (const text of this.models.keys()) {
      if (this.models.size <= this.cachedRows) return;
      this.models.delete(text);
    }
  }
}

const keyOf = ({ key }: Table, row: Row): Where =>
  Object.fromEntries(key.map((column) => [column, row[column] ?? null]));

function isWithin(row: Row, where: Where): boolean {
  return Object.entries(where).every(([column, condition]) => {
    const value = row[column] ?? null;
    if (condition === null || typeof condition !== 'object') return value === condition;
    if (Array.isArray(condition)) return (condition as readonly ColumnValue[]).includes(value);
    const { from, after, before, upTo } = condition as Record<
      'from' | 'after' | 'before' | 'upTo',
      ColumnValue | undefined
    >;
    if (value === null) return false;
    return (
      (from === undefined || value >= from!) &&
      (after === undefined || value > after!) &&
      (before === undefined || value < before!) &&
      (upTo === undefined || value <= upTo!)
    );
  });
}
