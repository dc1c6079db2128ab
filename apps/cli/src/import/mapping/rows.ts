/** Job of one row of the file. Times are milliseconds since 1970. */
export interface ImportRow {
  readonly jobId: string;
  readonly organizationId: string;
  readonly projectId: string;
  readonly operation: string;
  readonly pages?: number;
  readonly fileType?: string;
  readonly features?: readonly string[];
  readonly submittedAt: number;
  /** Absent: the job is left open. */
  readonly endsAt?: number;
  readonly fails: boolean;
  /** Outcome of the row, if the mapping does not list it. */
  readonly unlisted?: string;
}

/** Error for a row that cannot be converted to a job. */
export class BadRow extends Error {
  override readonly name = 'BadRow';
  constructor(
    reason: string,
    /** `unreadable`, or the code of the refusal by the server. */
    readonly code = 'unreadable',
  ) {
    super(reason);
  }
}
