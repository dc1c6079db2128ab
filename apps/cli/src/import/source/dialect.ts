import { parse } from 'csv-parse/sync';
import { MappingError } from '../mapping/mapping-checks';
import { linesOf } from './text-file';

/** Format of a CSV file. */
export interface Dialect {
  readonly delimiter: string;
  /** Lines above the header, such as `sep=;`, which Excel writes. */
  readonly linesAbove: number;
  /** Advice to add a detected delimiter to the mapping. */
  readonly hint?: string;
}

const COMMA = ',';
const OTHERS = [';', '\t', '|'];
const NAMES: Readonly<Record<string, string>> = { '\t': '"\\t"' };

export function delimiterOf(value: unknown): string {
  const delimiter = value === '\\t' || value === 'tab' ? '\t' : value;
  if (typeof delimiter !== 'string' || !/^[^\w\s"]$|^\t$/.test(delimiter))
    throw new MappingError('delimiter', 'give one character, such as ";", or "\\t" for a tab');
  return delimiter;
}

/**
 * The delimiter of the mapping or of the file, else a comma. If a header read with commas lacks the mapping's columns,
 * and exactly one other delimiter gives a header with them, that delimiter is used. `fits`: true if a header has the
 * columns.
 */
export async function dialectOf(
  file: string,
  given: string | undefined,
  fits: (header: readonly string[]) => boolean,
): Promise<Dialect> {
  const [first = '', second = ''] = await firstLines(file, 2);
  const [, said] = /^"?sep=([^"])"?$/i.exec(first) ?? [];
  if (said !== undefined && given !== undefined && said !== given)
    throw new MappingError('delimiter', `is ${shown(given)}, but the file begins with ${first}`);
  const linesAbove = said === undefined ? 0 : 1;
  const known = given ?? said;
  if (known !== undefined) return { delimiter: known, linesAbove };
  const header = linesAbove === 0 ? first : second;
  const fitting = fits(headerIn(header, COMMA)) ? [] : OTHERS.filter((it) => fits(headerIn(header, it)));
  if (fitting.length !== 1) return { delimiter: COMMA, linesAbove };
  const [delimiter = COMMA] = fitting;
  const hint = `The cells of this file are separated by ${delimiter === '\t' ? 'tabs' : `"${delimiter}"`}: write delimiter: ${shown(delimiter)} in the mapping to be sure.`;
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
