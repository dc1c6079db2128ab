import { v5 as uuidV5 } from 'uuid';
import type { Columns } from './cells';
import { isTexts, isObject, MappingError } from './mapping-checks';

/** What an id that the file does not have is made from. `position`: as earlier versions did, from the row's number. */
export const ID_MODES = ['content', 'position'] as const;
export type IdMode = (typeof ID_MODES)[number];

/** Of ids made from rows. Changing one of them would charge every imported row again. */
const BY_CONTENT = '5b6f1e0c-6a52-5d0e-9b61-0d3a7c1f2e84';
const BY_POSITION = 'b1d3d9d5-6a0e-5c53-9c0c-5a3f0e1f7a52';

/** A row before its id is known. */
export interface UnnamedRow {
  readonly values: readonly string[];
  /** As they stand in the file, with the white space around them. */
  readonly raw: readonly string[];
  readonly number: number;
  /** Which one it is among rows that are equal in every column: 1 for the first. */
  readonly occurrence: number;
}

/** What tells a row from others: its filled cells with their names, so that neither the order of columns nor an empty one matters. */
export function contentOf(header: readonly string[]): (values: readonly string[]) => string {
  const order = header
    .map((_, at) => at)
    .sort((a, b) => (header[a]! < header[b]! ? -1 : header[a] === header[b] ? a - b : 1));
  return (values) => JSON.stringify(order.flatMap((at) => (values[at] ? [header[at], values[at]] : [])));
}

/** The mapping's `id` where it is not a column: a hash of the row's content, or of the named columns. */
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
 * Tells rows that are equal apart by counting them: the rows of one content get the same numbers wherever they stand.
 * A first look at all rows finds which contents repeat, in eight bytes a row; only those are counted in the second.
 */
export class Occurrences {
  private prints: number[] = [];
  private repeated: ReadonlySet<number> | undefined;
  private readonly counts = new Map<string, number>();

  /** In the first look. */
  note(content: string): void {
    this.prints.push(printOf(content));
  }

  /** Between the looks, and before each further one. */
  begin(): void {
    this.counts.clear();
    if (this.prints.length === 0) return;
    const sorted = Float64Array.from(this.prints).sort();
    this.repeated = new Set(sorted.filter((print, at) => at > 0 && print === sorted[at - 1]));
    this.prints = [];
  }

  of(content: string): number {
    // Different contents may share a print; they are counted apart all the same.
    if (this.repeated && !this.repeated.has(printOf(content))) return 1;
    const count = (this.counts.get(content) ?? 0) + 1;
    this.counts.set(content, count);
    return count;
  }
}

/** 48 bits of a hash. */
const printOf = (content: string): number =>
  Number.parseInt(uuidV5(content, BY_CONTENT).replaceAll('-', '').slice(0, 12), 16);
