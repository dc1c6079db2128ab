/** Fixed limits of the interface. Configurable limits are settings. */
export const BOUNDS = {
  batch: 1_000,
  /** Files of one job. A catalog usually allows fewer. */
  files: 1_000,
  features: 50,
  /** Of `metadata` as JSON. */
  metadataBytes: 8_192,
  referenceLength: 512,
  nameLength: 256,
  typeLength: 128,
  reasonLength: 512,
  /** The longest cursors contain four ids. */
  cursorLength: 1_024,
  pageSize: 1_000,
  retentionDays: 3_650,
  alertThresholds: 20,
  /** The details of a job that never ends are deleted after this many days. */
  openDetailsDays: 35,
  refusalRetentionDays: 35,
} as const;
