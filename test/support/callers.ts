import { setTimeout as pause } from 'node:timers/promises';
import { createClient, type TallystickClient } from '@tallystick/client';
import type { BalanceResponse, GrantDto } from '@tallystick/contracts/ledger';
import { call, type TestResponse, type Standalone } from './server';

type CallerRole = keyof Standalone['keys'];

/** Calls one server with the key of a role. */
export const caller =
  (server: Standalone, as: CallerRole | { readonly key: string }) =>
  (method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<TestResponse> => {
    const key = typeof as === 'string' ? server.keys[as] : as.key;
    return call(server.url + path, { method, key, body, headers });
  };

let made = 0;

/** The typed client of one server with the key of a role. A request is not repeated. */
export const clientOf = (server: Standalone, role: CallerRole): TallystickClient =>
  createClient(server.url, { key: server.keys[role], attempts: 1 });

/** Creates an organization with `credits` credits for any operation, and returns its id. */
export async function organizationWith(
  server: Standalone,
  credits: number,
  more: { kind?: GrantDto['kind'] } = {},
): Promise<string> {
  const { organizations } = clientOf(server, 'operator');
  const id = `org-${(made += 1)}`;
  await organizations.create({ id, name: `Organization ${made}` });
  const grant = { grantId: 'start', kind: more.kind ?? 'top-up', credits, reason: 'for the test' };
  if (credits > 0) await organizations.of(id).grants.create(grant);
  return id;
}

export const balanceOf = (server: Standalone, id: string): Promise<BalanceResponse> =>
  clientOf(server, 'operator').organizations.of(id).balance();

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
