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
  /** The row's outcome, where the mapping does not list it. */
  readonly unlisted?: string;
}

/** A row that makes no job, in words for the person who wrote the file. */
export class BadRow extends Error {
  override readonly name = 'BadRow';
  constructor(
    reason: string,
    /** `unreadable`, or the code that the server would refuse it with. */
    readonly code = 'unreadable',
  ) {
    super(reason);
  }
}
