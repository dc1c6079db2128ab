import { createReadStream } from 'node:fs';
import { CsvError, parse } from 'csv-parse';
import type { RawRow } from './expressions';
import { Heap } from './heap';
import type { Mapping } from './mapping';
import {
  COMPLETED,
  FAILED,
  SUBMITTED,
  type BadLine,
  type CloudEvent,
  type Message,
  type Source,
} from './messages';
import { BadRow, type JobRow } from './rows';

interface Job {
  readonly row: number;
  readonly line: number;
  readonly text: string;
  readonly job: JobRow;
}

/** A CSV file with a header, one job a row. */
export class CsvSource implements Source {
  constructor(
    private readonly file: string,
    private readonly mapping: Mapping,
  ) {}

  async survey() {
    let rows = 0;
    let last: number | undefined;
    for await (const item of this.rows()) {
      rows = item.row;
      if ('job' in item) last = Math.max(last ?? -Infinity, item.job.endsAt ?? item.job.submittedAt);
    }
    return { rows, last };
  }

  /** In the order of time, as far as the file is: an end waits in a heap until a row is submitted after it. */
  async *messages(after: number, shift: number): AsyncGenerator<Message | BadLine> {
    const ends = new Heap<Job>(({ job }) => job.endsAt!);
    for await (const item of this.rows()) {
      if (item.row <= after) continue;
      if (!('job' in item)) {
        yield item;
        continue;
      }
      while (ends.size > 0 && ends.peek()!.job.endsAt! <= item.job.submittedAt) yield end(ends.pop()!, shift);
      yield submission(item, shift);
      if (item.job.endsAt !== undefined) ends.push(item);
    }
    while (ends.size > 0) yield end(ends.pop()!, shift);
  }

  private async *rows(): AsyncGenerator<Job | BadLine> {
    let header: readonly string[] | undefined;
    let read: ((row: RawRow) => JobRow) | undefined;
    let number = 0;
    for await (const { line, values, text, problem } of records(this.file)) {
      if (header === undefined || read === undefined) {
        header = values.map((name) => name.trim());
        read = this.mapping.compile(header);
        continue;
      }
      if (values.length === 1 && values[0]!.trim() === '' && problem === undefined) continue;
      const row = ++number;
      try {
        if (problem !== undefined) throw new BadRow(problem);
        if (values.length !== header.length)
          throw new BadRow(`the row has ${values.length} fields and the header has ${header.length}`);
        yield { row, line, text, job: read({ values, number }) };
      } catch (error) {
        if (!(error instanceof BadRow)) throw error;
        yield { row, line, text, reason: error.message };
      }
    }
  }
}

/** Bytes of a row: what a quotation mark that is never closed may take of the memory. */
const LONGEST = 1_048_576;

interface CsvRecord {
  /** Where the record begins, counted from 1. */
  readonly line: number;
  readonly values: readonly string[];
  readonly text: string;
  readonly problem?: string;
}

async function* records(file: string): AsyncGenerator<CsvRecord> {
  let broken: Omit<CsvRecord, 'line'> | undefined;
  let line = 1;
  // A stray quote stays what it is; only one that is never closed makes the rest of the file unreadable.
  const parser = parse({
    bom: true,
    max_record_size: LONGEST,
    info: true,
    raw: true,
    relax_quotes: true,
    // Both, or one line of the other kind would be taken for a part of the next.
    record_delimiter: ['\r\n', '\n'],
    relax_column_count: true,
    skip_records_with_error: true,
    on_skip: (error, raw) => {
      broken = { values: [], text: (raw ?? '').trimEnd().slice(0, 1_000), problem: reasonOf(error) };
      return undefined;
    },
  });
  const input = createReadStream(file).on('error', (error) => parser.destroy(error));
  try {
    for await (const { record, raw, info } of input.pipe(parser) as AsyncIterable<ParsedRecord>) {
      yield { line, values: record, text: raw.replace(/\r?\n$/, '') };
      line = info.lines + 1;
    }
  } finally {
    input.destroy();
  }
  if (broken) yield { ...broken, line };
}

interface ParsedRecord {
  readonly record: readonly string[];
  readonly raw: string;
  readonly info: { readonly lines: number };
}

const reasonOf = (error: CsvError | undefined): string =>
  error?.code === 'CSV_QUOTE_NOT_CLOSED' || error?.code === 'CSV_MAX_RECORD_SIZE'
    ? 'a quotation mark opens here and is never closed'
    : `the row is no CSV: ${error?.message ?? 'unknown reason'}`;

const envelope = (job: JobRow, type: string, time: number, data: Record<string, unknown>): CloudEvent => ({
  specversion: '1.0',
  id: `${job.jobId}:${type.split('.').at(-1)}`,
  source: '/tally/import',
  type,
  subject: job.jobId,
  time: new Date(time).toISOString(),
  datacontenttype: 'application/json',
  data: { id: job.jobId, organizationId: job.organizationId, ...data },
});

function submission({ row, line, text, job }: Job, shift: number): Message {
  const { projectId, operation, pages, fileType, features } = job;
  const usage =
    fileType === undefined
      ? pages === undefined
        ? undefined
        : { pages }
      : { files: [{ type: fileType, pages }] };
  const data = { projectId, operation, usage, features };
  return {
    row,
    line,
    text,
    closes: job.endsAt === undefined,
    event: envelope(job, SUBMITTED, job.submittedAt + shift, data),
  };
}

function end({ row, line, text, job }: Job, shift: number): Message {
  const event = envelope(job, job.fails ? FAILED : COMPLETED, job.endsAt! + shift, {});
  return { row, line, text, closes: true, event };
}
