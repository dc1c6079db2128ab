import { setTimeout as pause } from 'node:timers/promises';
import { call, type ApiResponse, type Standalone } from './server';

type CallerRole = keyof Standalone['keys'];

/** Calls one server with the key of a role. */
export const caller =
  (server: Standalone, as: CallerRole | { readonly key: string }) =>
  (method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<ApiResponse> => {
    const key = typeof as === 'string' ? server.keys[as] : as.key;
    return call(server.url + path, { method, key, body, headers });
  };

let made = 0;

/** Creates an organization with `credits` credits for any operation, and returns its id. */
export async function organizationWith(
  server: Standalone,
  credits: number,
  more: { plan?: string; kind?: string } = {},
): Promise<string> {
  const operator = caller(server, 'operator');
  const id = `org-${(made += 1)}`;
  const opened = await operator('POST', '/v1/organizations', {
    id,
    name: `Organization ${made}`,
    plan: more.plan,
  });
  if (opened.status !== 201) throw new Error(JSON.stringify(opened.body));
  if (credits > 0) {
    const grant = { grantId: 'start', kind: more.kind ?? 'top-up', credits, reason: 'for the test' };
    const given = await operator('POST', `/v1/organizations/${id}/grants`, grant);
    if (given.status !== 201) throw new Error(JSON.stringify(given.body));
  }
  return id;
}

export async function balanceOf(server: Standalone, id: string): Promise<Record<string, number>> {
  return (await caller(server, 'operator')('GET', `/v1/organizations/${id}/balance`)).body as Record<string, number>;
}

/** Calls `look` until `holds` is true for the result. The error contains the last result. */
export async function eventually<T>(
  look: () => Promise<T>,
  holds: (seen: T) => boolean,
  milliseconds = 15_000,
): Promise<T> {
  const deadline = Date.now() + milliseconds;
  for (;;) {
    const seen = await look();
    if (holds(seen)) return seen;
    if (Date.now() > deadline)
      throw new Error(`The expected result did not appear. Last result: ${JSON.stringify(seen, plain)}`);
    await pause(20);
  }
}

const plain = (_: string, value: unknown) => (value instanceof Map ? Object.fromEntries(value) : value);
