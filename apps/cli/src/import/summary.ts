/** What became of the rows of a file. */
export interface Summary {
  /** Jobs (or, of a file of CloudEvents, messages) that the server took for the first time. */
  accepted: number;
  /** Those it had already. */
  repeated: number;
  /** By the refusal's code. */
  refused: Record<string, number>;
  /** Rows that could not be read. */
  unreadable: number;
  /** Credits reserved by the accepted ones. */
  credits: number;
  /** Jobs whose outcome was taken before their submission, which has not come yet. */
  awaiting: number;
}

export const emptySummary = (): Summary => ({
  accepted: 0,
  repeated: 0,
  refused: {},
  unreadable: 0,
  credits: 0,
  awaiting: 0,
});

export const refusedIn = ({ refused }: Summary): number =>
  Object.values(refused).reduce((sum, count) => sum + count, 0);
export const rowsIn = (summary: Summary): number =>
  summary.accepted + summary.repeated + summary.unreadable + refusedIn(summary);
