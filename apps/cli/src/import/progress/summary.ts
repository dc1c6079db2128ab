/** Counts of the results of all rows. */
export interface ImportSummary {
  /** Jobs (for CloudEvents: messages) that the server accepted for the first time. */
  accepted: number;
  /** Jobs that the server already had. */
  repeated: number;
  /** Number of refused rows by code. */
  refused: Record<string, number>;
  /** Rows that could not be read. */
  unreadable: number;
  /** Credits reserved by accepted jobs. */
  credits: number;
  /** Jobs whose outcome was accepted but whose submission was not sent yet. */
  awaiting: number;
}

export const emptySummary = (): ImportSummary => ({
  accepted: 0,
  repeated: 0,
  refused: {},
  unreadable: 0,
  credits: 0,
  awaiting: 0,
});

export const refusedIn = ({ refused }: ImportSummary): number =>
  Object.values(refused).reduce((sum, count) => sum + count, 0);
export const rowsIn = (summary: ImportSummary): number =>
  summary.accepted + summary.repeated + summary.unreadable + refusedIn(summary);
