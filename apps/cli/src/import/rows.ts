/** One job as the file tells it. Times are milliseconds since 1970. */
export interface JobRow {
  readonly jobId: string;
  readonly organizationId: string;
  readonly projectId: string;
  readonly operation: string;
  readonly pages?: number;
  readonly fileType?: string;
  readonly features?: readonly string[];
  readonly submittedAt: number;
  /** Absent: the job stays open. */
  readonly endsAt?: number;
  readonly fails: boolean;
}

/** A row that makes no job, in words for the person who wrote the file. */
export class BadRow extends Error {
  override readonly name = 'BadRow';
}
