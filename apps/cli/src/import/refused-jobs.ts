import { jobKeyOf, type Message } from './messages';
import type { Rejected } from './rejected-file';

/** Which ends are not to be sent, or the ledger would wait for a job that it has refused. */
export interface RefusedJobs {
  taken(submission: Message): void;
  refused(submission: Message): void;
  /** From what an earlier run of the same import wrote down. */
  restore(rejected: Rejected): void;
  isRefused(end: Message): boolean;
  ended(end: Message): void;
}

/** In a CSV file a row has its own end, whatever other rows with its id came to. */
export class RefusedRows implements RefusedJobs {
  private readonly rows = new Set<number>();

  taken(): void {}
  restore(): void {}
  ended(): void {}

  refused({ row, closes }: Message): void {
    if (!closes) this.rows.add(row);
  }

  isRefused({ row }: Message): boolean {
    return this.rows.delete(row);
  }
}

/** In a file of messages a submission and its end have nothing in common but the job. */
export class RefusedByJob implements RefusedJobs {
  /** Jobs that were taken are forgotten at their end; refused ones are kept, as an end may come twice. */
  private readonly jobs = new Map<string, 'taken' | 'refused'>();

  taken(submission: Message): void {
    this.jobs.set(jobKeyOf(submission), 'taken');
  }

  /** A second submission of other content does not undo the first. */
  refused(submission: Message): void {
    const key = jobKeyOf(submission);
    if (this.jobs.get(key) !== 'taken') this.jobs.set(key, 'refused');
  }

  restore({ kind, code, organizationId, jobId }: Rejected): void {
    if (kind === 'submit' && code !== 'job_conflict' && jobId !== undefined)
      this.jobs.set(jobKeyOf({ organizationId, jobId }), 'refused');
  }

  isRefused(end: Message): boolean {
    return this.jobs.get(jobKeyOf(end)) === 'refused';
  }

  ended(end: Message): void {
    const key = jobKeyOf(end);
    if (this.jobs.get(key) === 'taken') this.jobs.delete(key);
  }
}
