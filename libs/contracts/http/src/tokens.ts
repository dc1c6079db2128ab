// Values that the platform provides to every service. Ports have their abstract class as token.

/** `Limits`, below. */
export const LIMITS = Symbol('LIMITS');

/** `Confirmations`, below. */
export const CONFIRMATIONS = Symbol('CONFIRMATIONS');

/** Options with which the operator confirms an unusual start. */
export interface Confirmations {
  /** Start although the log is shorter than what was read of it. */
  readonly acceptTruncatedLog: boolean;
  /** Start although the log has events and the record store is empty. */
  readonly newRecords: boolean;
}

/** The configured limits of the services. */
export interface Limits {
  /** Maximum number of jobs or events in one request. */
  readonly batchSize: number;
  /** How far the time of a message may be before or after the clock. */
  readonly occurredAtMaxAgeDays: number;
  readonly occurredAtMaxAheadSeconds: number;
  /** Rows of a page by default, and at most. */
  readonly pageSize: number;
  readonly maxPageSize: number;
  /** Days for which details of jobs are kept, unless organization or project set it. Default: that of the catalog. */
  readonly retentionDays?: number;
  /** Events of a stream after which its state is written as a snapshot. */
  readonly snapshotEvery: number;
  /** Organizations whose state is kept in memory. */
  readonly cachedOrganizations: number;
  /** Events of older streams that are read each second to seal their history. */
  readonly sealEventsPerSecond: number;
  /** How long a read of a view waits for earlier writes, or for `atLeastRevision`. */
  readonly readWaitMilliseconds: number;
  /** How long a command waits for an event store that does not answer. */
  readonly patienceMilliseconds: number;
  /** Project keys may report outcomes and heartbeats of the jobs of their project. */
  readonly projectKeysMayEndJobs: boolean;
  /** The service is not ready while its views are further behind the log. */
  readonly maxViewLagSeconds: number;
}
