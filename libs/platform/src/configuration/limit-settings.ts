import { whole } from '@tallystick/hosting';

const MEBIBYTE = 1024 * 1024;

/** How much, how many, how long. */
export const LIMIT_SETTINGS = {
  maxBodyBytes: whole(
    {
      name: 'TALLY_MAX_BODY_BYTES',
      default: `${8 * MEBIBYTE}`,
      purpose: 'The largest request body, decompressed, where several jobs or events are accepted.',
    },
    1024,
    256 * MEBIBYTE,
  ),
  maxSingleBodyBytes: whole(
    {
      name: 'TALLY_MAX_SINGLE_BODY_BYTES',
      default: `${64 * 1024}`,
      purpose: 'The largest request body on every other route; `TALLY_MAX_BODY_BYTES` if that is lower.',
    },
    1024,
    256 * MEBIBYTE,
  ),
  maxBodiesBytes: whole(
    {
      name: 'TALLY_MAX_BODIES_BYTES',
      default: `${64 * MEBIBYTE}`,
      purpose:
        'The most memory for request bodies that one process reads and works on at once. Requests beyond this limit get 503 before their body is read. Small bodies may use an eighth more.',
    },
    MEBIBYTE,
    65_536 * MEBIBYTE,
  ),
  maxJsonDepth: whole(
    {
      name: 'TALLY_MAX_JSON_DEPTH',
      default: '32',
      purpose: 'The most levels of nesting in a request body.',
    },
    8,
    256,
  ),
  maxPipelined: whole(
    {
      name: 'TALLY_MAX_PIPELINED',
      default: '4',
      purpose:
        'The most requests of one connection that are worked on before the first of them is answered and the answer is sent.',
    },
    1,
    1_000,
  ),
  batchSize: whole(
    { name: 'TALLY_MAX_BATCH', default: '1000', purpose: 'The most jobs or events in one request.' },
    1,
    1_000,
  ),
  pageSize: whole(
    { name: 'TALLY_PAGE_SIZE', default: '50', purpose: 'Rows of a list where the caller names no `limit`.' },
    1,
    1000,
  ),
  maxPageSize: whole(
    {
      name: 'TALLY_MAX_PAGE_SIZE',
      default: '1000',
      purpose: 'The most rows of a list that may be asked for.',
    },
    1,
    1_000,
  ),
  requestTimeoutSeconds: whole(
    {
      name: 'TALLY_REQUEST_TIMEOUT_SECONDS',
      default: '30',
      purpose: 'Seconds in which a request must have arrived, and after which its answer is given up (503).',
    },
    1,
    600,
  ),
  startWaitSeconds: whole(
    {
      name: 'TALLY_START_WAIT_SECONDS',
      default: '30',
      purpose:
        'Seconds that a start waits for an event store, a bus or a database that is not there yet. What is configured wrongly ends it at once.',
    },
    0,
    3_600,
  ),
  patienceMilliseconds: whole(
    {
      name: 'TALLY_PATIENCE_MS',
      default: '4500',
      purpose:
        'Milliseconds for which a request waits for an event store that does not answer, or for anything once the service is not ready; then it is answered 503.',
    },
    100,
    60_000,
  ),
  stopSeconds: whole(
    {
      name: 'TALLY_STOP_SECONDS',
      default: '10',
      purpose: 'Seconds that a stop waits for requests under way; then their connections are cut.',
    },
    0,
    600,
  ),
  keyCacheSeconds: whole(
    {
      name: 'TALLY_KEY_CACHE_SECONDS',
      default: '5',
      purpose: 'Seconds for which a key that was good is not looked up again: how long a revoked key may live on.',
    },
    0,
    300,
  ),
  idempotencyHours: whole(
    {
      name: 'TALLY_IDEMPOTENCY_HOURS',
      default: '24',
      purpose: 'Hours for which the answer to an `Idempotency-Key` is remembered.',
    },
    1,
    720,
  ),
  jobWindowDays: whole(
    {
      name: 'TALLY_JOB_WINDOW_DAYS',
      default: '35',
      purpose: 'Days for which an ended job is known; older jobs are refused as stale.',
    },
    1,
    3650,
  ),
  maxOpenJobs: whole(
    {
      name: 'TALLY_MAX_OPEN_JOBS',
      default: '100000',
      purpose: 'The most jobs of one organization that may wait for their end at once.',
    },
    1,
    10_000_000,
  ),
  maxEarlyOutcomes: whole(
    {
      name: 'TALLY_MAX_EARLY_OUTCOMES',
      default: '10000',
      purpose: 'The most outcomes of one organization that may wait for their job’s submission.',
    },
    1,
    10_000_000,
  ),
  maxAheadSeconds: whole(
    {
      name: 'TALLY_MAX_AHEAD_SECONDS',
      default: '600',
      purpose: 'Seconds that a message’s own time may lie ahead of the clock.',
    },
    0,
    86_400,
  ),
  retentionDays: whole(
    {
      name: 'TALLY_RETENTION_DAYS',
      purpose:
        'Days for which a job’s details are kept where neither organization nor project says so. Unset: as the catalog says.',
    },
    0,
    3650,
  ),
  busRetentionDays: whole(
    {
      name: 'TALLY_BUS_RETENTION_DAYS',
      default: '7',
      purpose: 'Days for which the bus keeps messages.',
    },
    1,
    3650,
  ),
  postgresConnections: whole(
    {
      name: 'TALLY_POSTGRES_CONNECTIONS',
      default: '10',
      purpose: 'The most connections to PostgreSQL of one process, for views and as many again for records.',
    },
    1,
    1_000,
  ),
  snapshotEvery: whole(
    {
      name: 'TALLY_SNAPSHOT_EVERY',
      default: '1000',
      purpose: 'Events of a stream after which its state is written as a snapshot.',
    },
    10,
    1_000_000,
  ),
  cachedOrganizations: whole(
    {
      name: 'TALLY_CACHED_ORGANIZATIONS',
      default: '10000',
      purpose: 'Organizations whose state is kept in memory.',
    },
    1,
    1_000_000,
  ),
  sealEventsPerSecond: whole(
    {
      name: 'TALLY_SEAL_EVENTS_PER_SECOND',
      default: '5000',
      purpose: 'Events of older streams that are read each second, in the background, to seal their history.',
    },
    10,
    1_000_000,
  ),
  readWaitMilliseconds: whole(
    {
      name: 'TALLY_READ_WAIT_MS',
      default: '5000',
      purpose: 'Milliseconds that a read of a view waits for what was written before it, or for `atLeastRevision`.',
    },
    0,
    60_000,
  ),
  maxViewLagSeconds: whole(
    {
      name: 'TALLY_MAX_VIEW_LAG_SECONDS',
      default: '30',
      purpose:
        'Seconds that the views may be behind the end of the log; beyond, `/health/ready` says 503 until they have caught up.',
    },
    1,
    86_400,
  ),
  maxClockStepDays: whole(
    {
      name: 'TALLY_MAX_CLOCK_STEP_DAYS',
      default: '400',
      purpose:
        'Days that the clock may be ahead of the log’s last event at the start, or leap while running. Beyond, nothing is decided, because credits that have expired do not come back (`--accept-clock`).',
    },
    1,
    36_500,
  ),
} as const;
