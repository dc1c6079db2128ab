import { Readable } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import type { Dialect } from './dialect';
import { textOf } from './text-file';

/** Longest row in bytes. Limits the memory for an unclosed quotation mark. */
const LONGEST = 1_048_576;

export interface CsvRecord {
  /** First line of the record, from 1. */
  readonly line: number;
  readonly values: readonly string[];
  readonly text: string;
  readonly problem?: string;
}

interface ParsedRecord {
  readonly record: readonly string[];
  readonly raw: string;
  readonly info: { readonly lines: number };
}

/** Records of a file. The first one is the header. */
export async function* recordsOf(file: string, dialect: Dialect): AsyncGenerator<CsvRecord> {
  const broken: (Omit<CsvRecord, 'line'> & { readonly lines: number })[] = [];
  let line = 1 + dialect.linesAbove;
  // Quotes inside a cell are accepted; only an unclosed quote makes the rest of the file unreadable.
  const parser = parse({
    delimiter: dialect.delimiter,
    from_line: line,
    max_record_size: LONGEST,
    info: true,
    raw: true,
    relax_quotes: true,
    // Accepts both: otherwise a line with the other ending would be joined with the next one.
    record_delimiter: ['\r\n', '\n'],
    relax_column_count: true,
    skip_records_with_error: true,
    on_skip: (error, raw) => {
      const text = (raw ?? '').trimEnd().slice(0, 1_000);
      broken.push({ values: [], text, problem: reasonOf(error), lines: linesAt(error) });
      return undefined;
    },
  });
  const input = Readable.from(textOf(file)).on('error', (error) => parser.destroy(error));
  try {
    for await (const { record, raw, info } of input.pipe(parser) as AsyncIterable<ParsedRecord>) {
      // The parser may have read further than this loop.
      while (broken[0] && broken[0].lines < info.lines) yield { ...broken.shift()!, line };
      yield { line, values: record, text: raw.replace(/[\r\n]+$/, '') };
      line = info.lines + 1;
    }
  } finally {
    input.destroy();
  }
  yield* broken.map((record) => ({ ...record, line }));
}

/** Lines that the parser had read. */
const linesAt = (error: CsvError | undefined): number => (error as { lines?: number } | undefined)?.lines ?? Infinity;

const reasonOf = (error: CsvError | undefined): string =>
  error?.code === 'CSV_QUOTE_NOT_CLOSED' || error?.code === 'CSV_MAX_RECORD_SIZE'
    ? 'a quotation mark opens here and is never closed'
    : `the row is not CSV: ${error?.message ?? 'unknown reason'}`;
