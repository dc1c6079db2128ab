import { jobKeyOf, type ImportMessage } from '../source/messages';
import type { RejectedRow } from '../progress/rejected-file';

/** Refused jobs, whose outcomes are not sent: the ledger would store them for a job that never comes. */
export interface RefusedJobs {
  taken(submission: ImportMessage): void;
  refused(submission: ImportMessage): void;
  /** Restores the state from the rejected rows of an earlier run. */
  restore(rejected: RejectedRow): void;
  isRefused(end: ImportMessage): boolean;
  ended(end: ImportMessage): void;
}

/** Refused rows of a CSV file. Each row has its own outcome, independent of other rows with the same id. */
export class RefusedRows implements RefusedJobs {
  private readonly rows = new Set<number>();

  taken(): void {}
  restore(): void {}
  ended(): void {}

  refused({ row, closes }: ImportMessage): void {
    if (!closes) this.rows.add(row);
  }

  isRefused({ row }: ImportMessage): boolean {
    return this.rows.delete(row);
  }
}

/** Refused jobs of a file of messages, where a submission and its outcome share only the job id. */
export class RefusedByJob implements RefusedJobs {
  /** Accepted jobs are removed at their outcome. Refused jobs are kept, because an outcome may be repeated. */
  private readonly jobs = new Map<string, 'taken' | 'refused'>();

  taken(submission: ImportMessage): void {
    this.jobs.set(jobKeyOf(submission), 'taken');
  }

  /** A second submission with other content does not undo the first. */
  refused(submission: ImportMessage): void {
    const key = jobKeyOf(submission);
    if (this.jobs.get(key) !== 'taken') this.jobs.set(key, 'refused');
  }

  restore({ kind, code, organizationId, jobId }: RejectedRow): void {
    if (kind === 'submit' && code !== 'job_conflict' && jobId !== undefined)
      this.jobs.set(jobKeyOf({ organizationId, jobId }), 'refused');
  }

  isRefused(end: ImportMessage): boolean {
    return this.jobs.get(jobKeyOf(end)) === 'refused';
  }

  ended(end: ImportMessage): void {
    const key = jobKeyOf(end);
    if (this.jobs.get(key) === 'taken') this.jobs.delete(key);
  }
}
