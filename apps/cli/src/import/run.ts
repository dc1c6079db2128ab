import type { ImportOrganizations } from './sending/organizations';
import { isBadLine, type BadLine, type ImportMessage, type ImportSource } from './source/messages';
import type { ImportProgress as Kept, ProgressFile } from './progress/progress-file';
import type { RefusedJobs } from './sending/refused-jobs';
import type { RejectedFile } from './progress/rejected-file';
import { ImportTracker } from './progress/import-tracker';
import { Sender } from './sending/sender';
import type { CliClient } from '../client/client';
import type { ProgressDisplay } from '../output/progress';
import type { ImportSummary } from './progress/summary';

export interface ImportJob {
  readonly client: CliClient;
  readonly source: ImportSource;
  /** Absent: the organizations must exist. */
  readonly organizations?: ImportOrganizations;
  readonly batchSize: number;
  /** Progress of an earlier run of the same import. */
  readonly from: Kept;
  readonly kept: ProgressFile;
  readonly rejected: RejectedFile;
  readonly refusedJobs: RefusedJobs;
  readonly bar: ProgressDisplay;
  readonly interrupted: AbortSignal;
}

export interface ImportResult {
  readonly summary: ImportSummary;
  readonly isComplete: boolean;
}

/** Sends the file batch by batch, and stores the progress after each batch. */
export async function runImport(job: ImportJob): Promise<ImportResult> {
  const { from, source, interrupted } = job;
  const tracker = new ImportTracker(from.row, from.summary);
  const sender = new Sender(job.client, tracker, job.refusedJobs);
  let batch: ImportMessage[] = [];
  await job.rejected.cutAfter(from.row, (it) => job.refusedJobs.restore(it));
  await job.kept.save(from);
  job.bar.to(from.row);
  for await (const item of source.messages(from.row, from.shift ?? 0)) {
    if (interrupted.aborted) break;
    tracker.begin(item.row);
    if (isBadLine(item)) recordBadLine(tracker, item);
    else batch.push(item);
    if (batch.length < job.batchSize) continue;
    await sendAndKeep(job, tracker, sender, batch);
    batch = [];
  }
  if (!interrupted.aborted) await sendAndKeep(job, tracker, sender, batch);
  return { summary: tracker.summary, isComplete: !interrupted.aborted };
}

async function sendAndKeep(
  job: ImportJob,
  tracker: ImportTracker,
  sender: Sender,
  batch: readonly ImportMessage[],
): Promise<void> {
  await job.organizations?.ensure(new Set(batch.flatMap(({ organizationId }) => organizationId ?? [])));
  await sender.send(batch);
  await job.rejected.add(tracker.advance());
  const { row, summary } = tracker;
  const witness = sender.sampleJob ?? job.from.witness;
  await job.kept.save({ ...job.from, row, summary, witness });
  job.bar.to(row);
}

function recordBadLine(tracker: ImportTracker, { row, line, code, reason, text }: BadLine): void {
  const kind = code === 'unreadable' ? 'unreadable' : 'refused';
  tracker.record(row, { kind, rejected: { row, line, code, message: reason, text } });
  tracker.close(row);
}
