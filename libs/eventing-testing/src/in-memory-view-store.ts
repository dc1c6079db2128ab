import { type Checkpoint, NOTHING_READ } from '@tallystick/eventing';
import {
  type ViewQuery,
  type Row,
  type Table,
  type TotalsQuery,
  type ColumnValue,
  type ViewChange,
  ViewOvertaken,
  ViewStore,
  type Where,
} from '@tallystick/eventing';

interface StoredView {
  readonly definition: string;
  checkpoint: Checkpoint;
  readonly rows: Map<string, Row>;
}

export class InMemoryViewStore extends ViewStore {
  private readonly views = new Map<string, StoredView>();

  override async open(tables: readonly Table[], generation = ''): Promise<void> {
    for (const table of tables) {
      const definition = JSON.stringify(table);
      if (this.views.get(nameOf(table, generation))?.definition === definition) continue;
      this.views.set(nameOf(table, generation), { definition, checkpoint: NOTHING_READ, rows: new Map() });
    }
  }

  override async checkpoint(table: Table, generation = ''): Promise<Checkpoint> {
    return this.views.get(nameOf(table, generation))?.checkpoint ?? NOTHING_READ;
  }

  override async get(
    table: Table,
    keys: readonly (readonly ColumnValue[])[],
    generation = '',
  ): Promise<readonly (Row | undefined)[]> {
    return keys.map((key) => this.view(table, generation).rows.get(JSON.stringify(key)));
  }

  override async commit(changes: readonly ViewChange[], generation = ''): Promise<void> {
    const views = changes.map(({ table }) => this.view(table, generation));
    changes.forEach(({ table, from }, i) => overtaken(table, views[i]!.checkpoint, from));
    changes.forEach(({ table, checkpoint, put, remove = [] }, i) => {
      const view = views[i]!;
      for (const where of remove) for (const [key, row] of view.rows) if (holds(where, row)) view.rows.delete(key);
      for (const row of put) {
        const whole = Object.fromEntries(Object.keys(table.columns).map((column) => [column, row[column] ?? null]));
        view.rows.set(JSON.stringify(table.key.map((column) => row[column])), whole);
      }
      view.checkpoint = checkpoint;
    });
  }

  override async find(table: Table, query: ViewQuery, generation = ''): Promise<readonly Row[]> {
    const columns = query.columns ?? Object.keys(table.columns);
    const rows = [...this.view(table, generation).rows.values()]
      .filter((row) => holds(query.where ?? {}, row))
      .sort(by(query.order ?? table.key))
      .map((row) => Object.fromEntries(columns.map((column) => [column, row[column]!])));
    const distinct = query.distinct ? [...new Map(rows.map((row) => [JSON.stringify(row), row])).values()] : rows;
    return distinct.slice(0, query.limit);
  }

  override async total(table: Table, { where = {}, groupBy, sum, after, limit }: TotalsQuery): Promise<readonly Row[]> {
    const empty = () => Object.fromEntries([...sum, 'count'].map((column) => [column, 0]));
    const totals = new Map<string, Record<string, ColumnValue>>(groupBy.length === 0 ? [['[]', empty()]] : []);
    for (const row of this.view(table, '').rows.values()) {
      if (!holds(where, row)) continue;
      const group = groupBy.map((column) => [column, row[column]!] as const);
      const name = JSON.stringify(group);
      const total = totals.get(name) ?? { ...Object.fromEntries(group), ...empty() };
      for (const column of sum) total[column] = (total[column] as number) + Number(row[column] ?? 0);
      total['count'] = (total['count'] as number) + 1;
      totals.set(name, total);
    }
    const last = after && Object.fromEntries(groupBy.map((column, i) => [column, after[i]!]));
    return [...totals.values()]
      .filter((row) => last === undefined || by(groupBy)(row, last) > 0)
      .sort(by(groupBy))
      .slice(0, limit);
  }

  override async promote(table: Table, generation: string, from?: number): Promise<void> {
    overtaken(table, await this.checkpoint(table), from);
    this.views.set(nameOf(table, ''), this.view(table, generation));
    this.views.delete(nameOf(table, generation));
  }

  override async drop(table: Table, generation = ''): Promise<void> {
    this.views.delete(nameOf(table, generation));
  }

  override async close(): Promise<void> {}

  private view(table: Table, generation: string): StoredView {
    const view = this.views.get(nameOf(table, generation));
    if (!view) throw new Error(`The view ${nameOf(table, generation)} is not open.`);
    return view;
  }
}

function overtaken({ name }: Table, { position }: Checkpoint, from: number | undefined): void {
  if (from !== undefined && position !== from) throw new ViewOvertaken([name]);
}

const nameOf = ({ name }: Table, generation: string): string => `${name} ${generation}`;

/** As SQL has it: NULL is less than everything when sorted, and within no range. */
const compare = (a: ColumnValue, b: ColumnValue): number =>
  a === b ? 0 : a === null ? -1 : b === null ? 1 : a < b ? -1 : 1;

const by = (order: readonly string[]) => (a: Row, b: Row) => {
  for (const column of order) {
    const name = column.replace(/^-/, '');
    const result = compare(a[name]!, b[name]!) * (column === name ? 1 : -1);
    if (result !== 0) return result;
  }
  return 0;
};

const holds = (where: Where, row: Row): boolean =>
  Object.entries(where).every(([column, wanted]) => {
    const value = row[column]!;
    if (Array.isArray(wanted)) return value !== null && wanted.includes(value);
    if (wanted === null || typeof wanted !== 'object') return value === wanted;
    const { from, after, before, upTo } = wanted as Exclude<typeof wanted, readonly ColumnValue[]>;
    const within = (bound: ColumnValue | undefined, test: (sign: number) => boolean) =>
      bound === undefined || (value !== null && bound !== null && test(compare(value, bound)));
    return (
      within(from, (sign) => sign >= 0) &&
      within(after, (sign) => sign > 0) &&
      within(before, (sign) => sign < 0) &&
      within(upTo, (sign) => sign <= 0)
    );
  });
