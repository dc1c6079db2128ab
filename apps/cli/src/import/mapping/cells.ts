import { checkMembers, MappingError } from './mapping-checks';
import { BadRow } from './rows';

/** Row of the file. */
export interface RawRow {
  /** Trimmed cells in the order of the header. */
  readonly values: readonly string[];
  /** Number of the row, from 1, without the header. */
  readonly number: number;
  /** Seed of random values, which does not change when other rows are added or removed. */
  readonly key: string;
}

export type Expression<Value> = (row: RawRow) => Value;

/** Returns the index of a column by its name. Throws MappingError. */
export type Columns = (field: string, name: unknown) => number;

export function columnsOf(header: readonly string[]): Columns {
  return (field, name) => {
    const wanted = typeof name === 'string' ? name.trim() : undefined;
    const places = header.flatMap((it, at) => (it === wanted ? [at] : []));
    if (wanted === undefined || wanted === '' || places.length === 0)
      throw new MappingError(
        field,
        `there is no column ${JSON.stringify(name) ?? 'without a name'}; the file has ${header.join(', ')}`,
      );
    if (places.length > 1)
      throw new MappingError(
        field,
        `the file has ${places.length} columns named "${wanted}"; rename all but one in its header`,
      );
    return places[0]!;
  };
}

/** Reads a cell. An empty cell is replaced by `default`; without one the row is invalid. */
export function cell(
  field: string,
  source: Record<string, unknown>,
  columns: Columns,
  others: readonly string[] = [],
): Expression<string> {
  checkMembers(field, source, ['column', 'default', ...others]);
  const at = columns(field, source.column);
  const { default: fallback } = source;
  if (fallback !== undefined && typeof fallback !== 'string')
    throw new MappingError(`${field}.default`, 'give the text for an empty cell');
  return ({ values }) => {
    const text = values[at] ?? '';
    if (text !== '') return text;
    if (fallback !== undefined) return fallback.trim();
    throw new BadRow(`${String(source.column)} is empty; add a default to the mapping`);
  };
}
