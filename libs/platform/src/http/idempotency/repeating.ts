import type { ExecutionContext } from '@nestjs/common';
import type { Reflector } from '@nestjs/core';
import { WITHOUT_IDEMPOTENCY_KEY } from '@tallystick/contracts/http';

const WRITES = new Set(['POST', 'PUT', 'DELETE', 'PATCH']);
export const isWrite = (method: string): boolean => WRITES.has(method);

type RouteHandler = Pick<ExecutionContext, 'getHandler' | 'getClass'>;

/** Whether the route remembers responses by `Idempotency-Key`. */
export const takesKey = (reflector: Reflector, method: string, route: RouteHandler): boolean =>
  isWrite(method) &&
  reflector.getAllAndOverride<boolean>(WITHOUT_IDEMPOTENCY_KEY, [route.getHandler(), route.getClass()]) !== true;

const JOBS = 'Send the same again, with the same job ids: a job counts once.';
const SAME = 'Send the same again: it is done once.';
const WITH_KEY = 'Send the same again with the same Idempotency-Key: it is done once.';

type Advice = readonly (readonly [path: RegExp, advice: string])[];

/** Routes that ignore an Idempotency-Key. */
export const OWN_IDS: Advice = [
  [/^\/v1\/(jobs|events)(\/|$)|^\/internal\//, JOBS],
  [/^\/v1\/preview(\/|$)/, SAME],
];

/** Advice for writes without an Idempotency-Key. The ids in path and body identify every other write. */
export const WITHOUT_KEY: Advice = [
  [/\/grants$/, 'Send the same again with the same grantId: it is given once.'],
  [/\/keys$/, 'See the list of keys before you send it again: without an Idempotency-Key it makes another key.'],
  [/\/clock\/advance$/, 'Read GET /v1/sandbox/clock before you send it again: a duration is added each time.'],
  [/\/redrive$/, JOBS],
  [/\/(replay|verify)$/, 'Send the same again: it only compares and changes nothing.'],
  [/\/roll$/, 'Send the same again: the secret that is answered last is the only one that is good.'],
];

/** Advice for the retry of a request whose response was lost. `address` may have a query. */
export function howToRepeat(method: string, address: string, hasKey: boolean): string {
  if (!isWrite(method)) return 'Send the same again.';
  const [path = ''] = address.split('?');
  const own = OWN_IDS.find(([form]) => form.test(path))?.[1];
  if (own !== undefined) return own;
  if (hasKey) return WITH_KEY;
  return WITHOUT_KEY.find(([form]) => form.test(path.replace(/\/+$/, '')))?.[1] ?? SAME;
}
