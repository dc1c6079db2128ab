import { whole } from '@tallystick/hosting';

const MEBIBYTE = 1024 * 1024;

/** Limits of HTTP, time-outs and retention. */
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
