import { setTimeout as pause } from 'node:timers/promises';
import { createClient, type TallystickClient } from '@tallystick/client';
import type { BalanceResponse, GrantDto } from '@tallystick/contracts/ledger';
import { call, type ApiResponse, type Standalone } from './server';

type CallerRole = keyof Standalone['keys'];

/** Calls of one server, by the role that makes them. */
export const caller =
  (server: Standalone, as: CallerRole | { readonly key: string }) =>
  (method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<ApiResponse> => {
    const key = typeof as === 'string' ? server.keys[as] : as.key;
    return call(server.url + path, { method, key, body, headers });
  };

let made = 0;

/** The typed client of one server with the key of a role. A request is not repeated. */
export const clientOf = (server: Standalone, role: CallerRole): TallystickClient =>
  createClient(server.url, { key: server.keys[role], attempts: 1 });

/** A new organization with so many credits, good for any operation. */
export async function organizationWith(
  server: Standalone,
  credits: number,
  more: { plan?: string; kind?: GrantDto['kind'] } = {},
): Promise<string> {
  const { organizations } = clientOf(server, 'operator');
  const id = `org-${(made += 1)}`;
  await organizations.create({ id, name: `Organization ${made}`, plan: more.plan });
  const grant = { grantId: 'start', kind: more.kind ?? 'top-up', credits, reason: 'for the test' };
  if (credits > 0) await organizations.of(id).grants.create(grant);
  return id;
}

export const balanceOf = (server: Standalone, id: string): Promise<BalanceResponse> =>
  clientOf(server, 'operator').organizations.of(id).balance();

/** Asks until the answer is what is waited for; what was last seen is in the error. */
export async function eventually<T>(
  look: () => Promise<T>,
  holds: (seen: T) => boolean,
  milliseconds = 15_000,
): Promise<T> {
  const deadline = Date.now() + milliseconds;
  for (;;) {
    const seen = await look();
    if (holds(seen)) return seen;
    if (Date.now() > deadline) throw new Error(`It never came; last seen: ${JSON.stringify(seen, plain)}`);
    await pause(20);
  }
}

const plain = (_: string, value: unknown) => (value instanceof Map ? Object.fromEntries(value) : value);
