import { checkMembers, MappingError } from './mapping-checks';
import { BadRow } from './rows';

/** A row of the file. */
export interface RawRow {
  /** The cells in the header's order, without the white space around them. */
  readonly values: readonly string[];
  /** Counted from 1 below the header. */
  readonly number: number;
  /** Draws by chance go by this: what stays the same when other rows come or go. */
  readonly key: string;
}

export type Expression<Value> = (row: RawRow) => Value;

/** The place of a column, by its name. Throws MappingError. */
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

/** The one way in which cells are read: trimmed; an empty one is its `default`, or makes the row a bad one. */
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
    throw new MappingError(`${field}.default`, 'give the text that stands for an empty cell');
  return ({ values }) => {
    const text = values[at] ?? '';
    if (text !== '') return text;
    if (fallback !== undefined) return fallback.trim();
    throw new BadRow(`${String(source.column)} is empty; a default in the mapping would stand for it`);
  };
}
