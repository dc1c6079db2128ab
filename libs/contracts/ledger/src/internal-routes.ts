/**
 * How a service reaches the ledger in another process, by its internal listener and with the internal key: `POST <route>`, the
 * argument of the LedgerClient or KeyDirectory method as the JSON body `{ argument }`, its result as `{ result }`.
 * What the bodies must be is in `dto/internal.dto.ts`.
 */
export const INTERNAL_ROUTES = {
  submit: '/internal/jobs/submit',
  end: '/internal/jobs/end',
  heartbeat: '/internal/jobs/heartbeat',
  preview: '/internal/jobs/preview',
  job: '/internal/jobs/get',
  jobs: '/internal/jobs/list',
  retention: '/internal/retention',
  /** The argument lists hashes of keys (`hashOfKey`), so that a key never travels further than it must. */
  findKeys: '/internal/keys/find',
} as const;

/** The result of an internal call; null where there is none. */
export interface InternalReply<Result = unknown> {
  readonly result: Result | null;
}
