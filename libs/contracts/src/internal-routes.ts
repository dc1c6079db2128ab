/**
 * How a service reaches the ledger in another process: `POST <route>` with a service or operator key, the argument of
 * the LedgerClient or KeyDirectory method as the JSON body `{ argument }`, its result as `{ result }`.
 */
export const INTERNAL_ROUTES = {
  submit: '/internal/jobs/submit',
  end: '/internal/jobs/end',
  heartbeat: '/internal/jobs/heartbeat',
  preview: '/internal/jobs/preview',
  job: '/internal/jobs/get',
  jobs: '/internal/jobs/list',
  retention: '/internal/retention',
  /** The argument is the key's hash (`hashOfKey`), so that a key never travels further than it must. */
  findKey: '/internal/keys/find',
} as const;

/** What the two ends of an internal route agree on. */
export interface InternalCall<Argument = unknown> {
  readonly argument: Argument;
}
export interface InternalReply<Result = unknown> {
  readonly result: Result | null;
}
