import { recordsOf, type CsvRecord } from './csv-records';
import { dialectOf, type Dialect } from './dialect';
import { Heap } from './heap';
import type { ImportMapping } from '../mapping/mapping';
import { MappingError } from '../mapping/mapping-checks';
import { jobKeyOf, type BadLine, type ImportMessage, type ImportSource, type SourceSurvey } from './messages';
import { contentOf, RowOccurrences, type IdMode } from '../mapping/row-ids';
import { BadRow, type ImportRow } from '../mapping/rows';
import { plural } from '../../output/table';

interface CsvJob {
  readonly row: number;
  readonly line: number;
  readonly text: string;
  readonly job: ImportRow;
}

/** Maximum number of unlisted outcomes in the report. */
const SHOWN = 5;

/** CSV file with a header and one job per row. */
export class CsvSource implements ImportSource {
  private readonly occurrences = new RowOccurrences();
  private dialect: Dialect | undefined;

  constructor(
    private readonly file: string,
    private readonly mapping: ImportMapping,
    private readonly ids: IdMode = 'content',
  ) {}

  async survey(): Promise<SourceSurvey> {
    let rows = 0;
    let last: number | undefined;
    let unlisted = 0;
    const values = new Set<string>();
    for await (const item of this.rows((content) => (this.occurrences.note(content), 1))) {
      rows = item.row;
      if (!('job' in item)) continue;
      last = Math.max(last ?? -Infinity, item.job.endsAt ?? item.job.submittedAt);
      if (item.job.unlisted === undefined) continue;
      unlisted++;
      if (values.size < SHOWN) values.add(item.job.unlisted);
    }
    const hints = this.dialect?.hint === undefined ? [] : [this.dialect.hint];
    return { rows, last, unlisted: { rows: unlisted, values: [...values] }, hints };
  }

  /** Messages ordered by time, as far as the rows are: an outcome waits in a heap until a later row is submitted. */
  async *messages(after: number, shift: number): AsyncGenerator<ImportMessage | BadLine> {
    const ends = new PendingEnds();
    this.occurrences.begin();
    for await (const item of this.rows((content) => this.occurrences.of(content))) {
      if (item.row <= after) continue;
      if (!('job' in item)) {
        yield item;
        continue;
      }
      for (const ended of ends.until(item.job.submittedAt)) yield end(ended, shift);
      yield submission(item, shift);
      ends.add(item);
    }
    for (const ended of ends.until(Infinity)) yield end(ended, shift);
  }

  private async *rows(occurrenceOf: (content: string) => number): AsyncGenerator<CsvJob | BadLine> {
    this.dialect ??= await dialectOf(this.file, this.mapping.delimiter, (header) => this.matchesHeader(header));
    let read: ((record: CsvRecord, number: number) => ImportRow) | undefined;
    let row = 0;
    for await (const record of recordsOf(this.file, this.dialect)) {
      const { line, values, text, problem } = record;
      if (problem === undefined && values.every((value) => value.trim() === '')) {
        // Earlier versions, with ids from row numbers, counted rows of empty cells.
        if (this.ids === 'position' && read !== undefined && values.length > 1) row++;
        continue;
      }
      if (read === undefined) {
        read = this.reader(values, occurrenceOf);
        continue;
      }
      row++;
      try {
        yield { row, line, text, job: read(record, row) };
      } catch (error) {
        if (!(error instanceof BadRow)) throw error;
        yield { row, line, text, code: error.code, reason: error.message };
      }
    }
  }

  private reader(names: readonly string[], occurrenceOf: (content: string) => number) {
    const header = withoutEmptyEnd(trimmed(names), 0);
    const compiled = this.mapping.compile(header, this.ids);
    const content = contentOf(header);
    return ({ values: raw, problem }: CsvRecord, number: number): ImportRow => {
      if (problem !== undefined) throw new BadRow(problem);
      const values = withoutEmptyEnd(trimmed(raw), header.length);
      if (values.length !== header.length)
        throw new BadRow(`the row has ${plural(values.length, 'field')} and the header has ${header.length}`);
      return compiled({ values, raw, number, occurrence: occurrenceOf(content(values)) });
    };
  }

  private matchesHeader(header: readonly string[]): boolean {
    try {
      this.mapping.compile(withoutEmptyEnd(header, 0));
      return true;
    } catch (error) {
      if (error instanceof MappingError) return false;
      throw error;
    }
  }
}

const trimmed = (cells: readonly string[]): readonly string[] => cells.map((cell) => cell.trim());

/** Removes empty cells beyond `least`, because spreadsheets end rows with commas. */
function withoutEmptyEnd(cells: readonly string[], least: number): readonly string[] {
  let length = cells.length;
  while (length > least && cells[length - 1] === '') length--;
  return cells.slice(0, length);
}

interface PendingEnd {
  readonly item: CsvJob;
  readonly at: number;
}

/** Outcomes that are not sent yet, by time. Of two rows with one job id, the outcome of the first row is sent first. */
class PendingEnds {
  private readonly ends = new Heap<PendingEnd>((a, b) => a.at < b.at || (a.at === b.at && a.item.row < b.item.row));
  private readonly latest = new Map<string, number>();

  add(item: CsvJob): void {
    if (item.job.endsAt === undefined) return;
    const key = jobKeyOf(item.job);
    const at = Math.max(item.job.endsAt, this.latest.get(key) ?? -Infinity);
    this.latest.set(key, at);
    this.ends.push({ item, at });
  }

  *until(time: number): Generator<CsvJob> {
    while (this.ends.size > 0 && this.ends.peek()!.at <= time) {
      const { item, at } = this.ends.pop()!;
      if (this.latest.get(jobKeyOf(item.job)) === at) this.latest.delete(jobKeyOf(item.job));
      yield item;
    }
  }
}

const timeOf = (milliseconds: number): string => new Date(milliseconds).toISOString();

function submission({ row, line, text, job }: CsvJob, shift: number): ImportMessage {
  const { jobId, organizationId, projectId, operation, pages, fileType, features } = job;
  const usage = fileType === undefined ? pages !== undefined && { pages } : { files: [{ type: fileType, pages }] };
  const occurredAt = timeOf(job.submittedAt + shift);
  return {
    row,
    line,
    text,
    closes: job.endsAt === undefined,
    kind: 'submit',
    organizationId,
    jobId,
    body: { id: jobId, organizationId, projectId, operation, ...(usage && { usage }), features, occurredAt },
  };
}

function end({ row, line, text, job }: CsvJob, shift: number): ImportMessage {
  const { jobId, organizationId } = job;
  const outcome = job.fails ? 'failed' : 'completed';
  const body = { id: jobId, organizationId, outcome, occurredAt: timeOf(job.endsAt! + shift) };
  return {
    row,
    line,
    text,
    closes: true,
    kind: job.fails ? 'fail' : 'complete',
    organizationId,
    jobId,
    body,
  };
}
