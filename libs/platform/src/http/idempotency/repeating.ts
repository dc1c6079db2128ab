const WRITES = new Set(['POST', 'PUT', 'DELETE', 'PATCH']);
/** What is identified by ids of its own, or moves nothing: jobs and events by the job's id. */
const OWN_IDS = /^\/(v1\/(\*|jobs|events|preview)|internal)(\/|$)/;

export const isWrite = (method: string): boolean => WRITES.has(method);

/** Whether an `Idempotency-Key` means something on this route. */
export const takesKey = (method: string, route: string): boolean => isWrite(method) && !OWN_IDS.test(route);

const JOBS = 'Send the same again, with the same job ids: a job counts once.';
const SAME = 'Send the same again: it is done once.';
const WITH_KEY = 'Send the same again with the same Idempotency-Key: it is done once.';

/** Without an Idempotency-Key. Every other write is identified by the ids in its address and body. */
const WITHOUT_KEY: readonly (readonly [RegExp, string])[] = [
  [/^\/v1\/(jobs|events)(\/|$)|^\/internal\//, JOBS],
  [/\/grants$/, 'Send the same again with the same grantId: it is given once.'],
  [/\/keys$/, 'See the list of keys before you send it again: without an Idempotency-Key it makes another key.'],
  [/\/redrive$/, JOBS],
  [/\/(replay|verify)$/, 'Send the same again: it only compares and changes nothing.'],
  [/\/roll$/, 'Send the same again: the secret that is answered last is the only one that is good.'],
];

/** What to send after an answer was lost or is unknown, and that it has one effect. `address` may have a query. */
export function howToRepeat(method: string, address: string, hasKey: boolean): string {
  if (!isWrite(method)) return 'Send the same again.';
  const [path = ''] = address.split('?');
  if (hasKey && !OWN_IDS.test(path)) return WITH_KEY;
  return WITHOUT_KEY.find(([form]) => form.test(path.replace(/\/+$/, '')))?.[1] ?? SAME;
}
