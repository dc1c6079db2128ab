// What the platform provides to every service, globally, besides the ports (their abstract classes are their own tokens).

/** `Limits`, below. */
export const LIMITS = Symbol('LIMITS');

/** `Confirmations`, below. */
export const CONFIRMATIONS = Symbol('CONFIRMATIONS');

/** What the operator has confirmed by options of this start. */
export interface Confirmations {
  /** The log is shorter than what was read of it: go on with what it has. */
  readonly acceptTruncatedLog: boolean;
  /** The record store has nothing beside a log that has events: go on without what it had. */
  readonly newRecords: boolean;
}

/** The configured bounds that services keep at their edges. */
export interface Limits {
  /** The most jobs or events in one request. */
  readonly batchSize: number;
  /** Days back and seconds ahead of the clock that a message's own time may lie. */
  readonly occurredAtMaxAgeDays: number;
  readonly occurredAtMaxAheadSeconds: number;
  /** Rows of a list where the caller names no number, and the most that may be asked for. */
  readonly pageSize: number;
  readonly maxPageSize: number;
  /** Days a job's details are kept where neither organization nor project says so; absent: as the catalog says. */
  readonly retentionDays?: number;
  /** Events of a stream after which its state is written as a snapshot. */
  readonly snapshotEvery: number;
  /** Organizations whose state is kept in memory. */
  readonly cachedOrganizations: number;
  /** Events of older streams that are read each second to seal their history. */
  readonly sealEventsPerSecond: number;
  /** How long a read of a view waits for what was written before it, or for `atLeastRevision`. */
  readonly readWaitMilliseconds: number;
  /** For which a command waits for an event store that does not answer. */
  readonly patienceMilliseconds: number;
  /** Whether keys of projects may report outcomes and heartbeats, for jobs of their project. */
  readonly projectKeysMayEndJobs: boolean;
  /** How far behind the log's end the views may be while the service says that it is ready. */
  readonly maxViewLagSeconds: number;
}
