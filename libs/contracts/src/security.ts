import { createParamDecorator, SetMetadata, type ExecutionContext } from '@nestjs/common';

/** A service key names organization and project in its messages; a project and an organization key carry them; an operator sees all. */
export const ROLES = ['service', 'project', 'organization', 'operator'] as const;
export type Role = (typeof ROLES)[number];

/** Who calls, as the key says. */
export interface Caller {
  readonly keyId: string;
  readonly role: Role;
  readonly organizationId?: string;
  readonly projectId?: string;
}

/** Finds who holds a key; the ledger owns the keys, stored hashed. */
export abstract class KeyDirectory {
  abstract find(key: string): Promise<Caller | undefined>;
  /** Calls `forget` when a key stops being good in this process; what is told by others is noticed when the caller looks again. */
  onRevoked(_forget: () => void): void {}
}

/** What is stored of a key, and all that travels of it: SHA-256, base64url. */
export const hashOfKey = async (key: string): Promise<string> =>
  Buffer.from(await crypto.subtle.digest('SHA-256', Buffer.from(key))).toString('base64url');

export const ALLOWED_ROLES = 'tallystick:roles';
/** The roles that may call a route. A route without it may be called by nobody. */
export const Allow = (...roles: readonly Role[]) => SetMetadata(ALLOWED_ROLES, roles);

export const OPEN_ROUTE = 'tallystick:open';
/** A route that needs no key: health, metrics, docs. */
export const Open = () => SetMetadata(OPEN_ROUTE, true);

export interface CallerRequest {
  caller?: Caller;
}

export const CurrentCaller = createParamDecorator(
  (_: unknown, context: ExecutionContext) => context.switchToHttp().getRequest<CallerRequest>().caller,
);
