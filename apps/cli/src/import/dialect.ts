import { parse } from 'csv-parse/sync';
import { MappingError } from './mapping-checks';
import { linesOf } from './text-file';

/** How the cells of a CSV file are kept apart. */
export interface Dialect {
  readonly delimiter: string;
  /** Lines above the header that say so: `sep=;`, as Excel writes and reads it. */
  readonly linesAbove: number;
  /** Where the delimiter was found out: what to write in the mapping to say so. */
  readonly hint?: string;
}

const COMMA = ',';
const OTHERS = [';', '\t', '|'];
const NAMES: Readonly<Record<string, string>> = { '\t': '"\\t"' };

export function delimiterOf(value: unknown): string {
  const delimiter = value === '\\t' || value === 'tab' ? '\t' : value;
  if (typeof delimiter !== 'string' || !/^[^\w\s"]$|^\t$/.test(delimiter))
    throw new MappingError('delimiter', 'give the one sign between cells, such as ";", or "\\t" for a tab');
  return delimiter;
}

/**
 * As the mapping or the file says, else the comma. Where the mapping's columns are not in a header that is read with
 * commas, and are in one that is read with one other sign, it is that one. `fits`: whether a header has the columns.
 */
export async function dialectOf(
  file: string,
  given: string | undefined,
  fits: (header: readonly string[]) => boolean,
): Promise<Dialect> {
  const [first = '', second = ''] = await firstLines(file, 2);
  const [, said] = /^"?sep=([^"])"?$/i.exec(first) ?? [];
  if (said !== undefined && given !== undefined && said !== given)
    throw new MappingError('delimiter', `is ${shown(given)}, and the file itself says ${first}`);
  const linesAbove = said === undefined ? 0 : 1;
  const known = given ?? said;
  if (known !== undefined) return { delimiter: known, linesAbove };
  const header = linesAbove === 0 ? first : second;
  const fitting = fits(headerIn(header, COMMA)) ? [] : OTHERS.filter((it) => fits(headerIn(header, it)));
  if (fitting.length !== 1) return { delimiter: COMMA, linesAbove };
  const [delimiter = COMMA] = fitting;
  const hint = `The cells of this file are kept apart by ${delimiter === '\t' ? 'tabs' : `"${delimiter}"`}: write delimiter: ${shown(delimiter)} in the mapping to be sure.`;
  return { delimiter, linesAbove, hint };
}

const shown = (delimiter: string): string => NAMES[delimiter] ?? `"${delimiter}"`;

async function firstLines(file: string, count: number): Promise<readonly string[]> {
  const lines: string[] = [];
  for await (const { text } of linesOf(file)) if (lines.push(text) === count) break;
  return lines;
}

function headerIn(line: string, delimiter: string): readonly string[] {
  try {
    const [header = []] = parse(line, { delimiter, relax_quotes: true });
    return header.map((name) => name.trim());
  } catch {
    return [];
  }
}
