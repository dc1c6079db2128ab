import { v5 as uuidV5 } from 'uuid';
import type { Columns } from './cells';
import { isTexts, isObject, MappingError } from './mapping-checks';

/** Source of generated ids: the content of the row, or its number (`position`), as in earlier versions. */
export const ID_MODES = ['content', 'position'] as const;
export type IdMode = (typeof ID_MODES)[number];

/** Namespaces of generated ids. A change would charge every imported row again. */
const BY_CONTENT = '5b6f1e0c-6a52-5d0e-9b61-0d3a7c1f2e84';
const BY_POSITION = 'b1d3d9d5-6a0e-5c53-9c0c-5a3f0e1f7a52';

/** Row without its id. */
export interface UnnamedRow {
  readonly values: readonly string[];
  /** Cells of the file, with surrounding white space. */
  readonly raw: readonly string[];
  readonly number: number;
  /** Number of this row among equal rows, from 1. */
  readonly occurrence: number;
}

/** Identifying content of a row: its non-empty cells with their names, independent of the order of columns. */
export function contentOf(header: readonly string[]): (values: readonly string[]) => string {
  const order = header
    .map((_, at) => at)
    .sort((a, b) => (header[a]! < header[b]! ? -1 : header[a] === header[b] ? a - b : 1));
  return (values) => JSON.stringify(order.flatMap((at) => (values[at] ? [header[at], values[at]] : [])));
}

/** Generates ids as a hash of the row's content, or of the named columns. */
export function madeId(
  source: unknown,
  header: readonly string[],
  columns: Columns,
  mode: IdMode,
): (row: UnnamedRow) => string {
  const hashed = isObject(source) && isTexts(source.hash) ? source.hash : undefined;
  if (source !== undefined && hashed === undefined)
    throw new MappingError('id', 'give { column } or { hash: [columns] }');
  const places = hashed?.map((name) => columns('id.hash', name));
  if (mode === 'position') {
    const all = places ?? header.map((_, at) => at);
    return ({ number, raw }) => uuidV5(JSON.stringify([number, ...all.map((at) => raw[at] ?? '')]), BY_POSITION);
  }
  const content = contentOf(header);
  return ({ values, occurrence }) => {
    const named = places?.map((at) => values[at] ?? '') ?? content(values);
    return uuidV5(JSON.stringify([occurrence, named]), BY_CONTENT);
  };
}

/**
 * Numbers equal rows. The first pass over all rows finds repeated contents and uses eight bytes per row; the second
 * pass counts only those.
 */
export class RowOccurrences {
  private prints: number[] = [];
  private repeated: ReadonlySet<number> | undefined;
  private readonly counts = new Map<string, number>();

  /** Records a row in the first pass. */
  note(content: string): void {
    this.prints.push(printOf(content));
  }

  /** Called before the second and each further pass. */
  begin(): void {
    this.counts.clear();
    if (this.prints.length === 0) return;
    const sorted = Float64Array.from(this.prints).sort();
    this.repeated = new Set(sorted.filter((print, at) => at > 0 && print === sorted[at - 1]));
    this.prints = [];
  }

  of(content: string): number {
    // Different contents may have equal hashes; they are counted separately here.
    if (this.repeated && !this.repeated.has(printOf(content))) return 1;
    const count = (this.counts.get(content) ?? 0) + 1;
    this.counts.set(content, count);
    return count;
  }
}

/** First 48 bits of the hash. */
const printOf = (content: string): number =>
  Number.parseInt(uuidV5(content, BY_CONTENT).replaceAll('-', '').slice(0, 12), 16);
