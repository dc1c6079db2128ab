import type { Organizations } from './organizations';
import { isBad, type BadLine, type Message, type Source } from './messages';
import type { Progress as Kept, ProgressFile } from './progress-file';
import type { RefusedJobs } from './refused-jobs';
import type { RejectedFile } from './rejected-file';
import { RowBook } from './row-book';
import { Sender } from './sender';
import type { Client } from '../client/client';
import type { Progress } from '../output/progress';
import type { Summary } from './summary';

export interface ImportJob {
  readonly client: Client;
  readonly source: Source;
  /** Absent: organizations must be there already. */
  readonly organizations?: Organizations;
  readonly batchSize: number;
  /** Where an earlier run of the same import stopped. */
  readonly from: Kept;
  readonly kept: ProgressFile;
  readonly rejected: RejectedFile;
  readonly refusedJobs: RefusedJobs;
  readonly bar: Progress;
  readonly interrupted: AbortSignal;
}

export interface Imported {
  readonly summary: Summary;
  readonly isComplete: boolean;
}

/** Sends the file batch by batch. After each batch it is written down how far all is acknowledged. */
export async function runImport(job: ImportJob): Promise<Imported> {
  const { from, source, interrupted } = job;
  const book = new RowBook(from.row, from.summary);
  const sender = new Sender(job.client, book, job.refusedJobs);
  let batch: Message[] = [];
  await job.rejected.cutAfter(from.row, (it) => job.refusedJobs.restore(it));
  await job.kept.save(from);
  job.bar.to(from.row);
  for await (const item of source.messages(from.row, from.shift ?? 0)) {
    if (interrupted.aborted) break;
    book.begin(item.row);
    if (isBad(item)) noteBad(book, item);
    else batch.push(item);
    if (batch.length < job.batchSize) continue;
    await sendAndKeep(job, book, sender, batch);
    batch = [];
  }
  if (!interrupted.aborted) await sendAndKeep(job, book, sender, batch);
  return { summary: book.summary, isComplete: !interrupted.aborted };
}

async function sendAndKeep(job: ImportJob, book: RowBook, sender: Sender, batch: readonly Message[]): Promise<void> {
  await job.organizations?.ensure(new Set(batch.flatMap(({ organizationId }) => organizationId ?? [])));
  await sender.send(batch);
  await job.rejected.add(book.advance());
  const { row, summary } = book;
  const witness = sender.witness ?? job.from.witness;
  await job.kept.save({ ...job.from, row, summary, witness });
  job.bar.to(row);
}

function noteBad(book: RowBook, { row, line, code, reason, text }: BadLine): void {
  const kind = code === 'unreadable' ? 'unreadable' : 'refused';
  book.record(row, { kind, rejected: { row, line, code, message: reason, text } });
  book.close(row);
}
