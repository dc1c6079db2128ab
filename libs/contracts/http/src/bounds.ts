/** How large, how many and how long a caller may send; other limits are settings. */
export const BOUNDS = {
  batch: 1_000,
  /** Files that one job may list; a catalog usually allows fewer. */
  files: 1_000,
  features: 50,
  /** Of `metadata` as JSON. */
  metadataBytes: 8_192,
  referenceLength: 512,
  nameLength: 256,
  typeLength: 128,
  reasonLength: 512,
  /** The longest name what a page ended at by four ids. */
  cursorLength: 1_024,
  pageSize: 1_000,
  retentionDays: 3_650,
  alertThresholds: 20,
  /** After this many days the details of a job that never ended go as well. */
  openDetailsDays: 35,
  refusalRetentionDays: 35,
} as const;
