import { createParamDecorator, SetMetadata, type ExecutionContext } from '@nestjs/common';

/**
 * The roles of keys that are issued. A service key names organization and project in its messages; a project and an organization
 * key carry them; an operator sees all.
 */
export const ROLES = ['service', 'project', 'organization', 'operator'] as const;
/** `internal`: our own services in other processes. Its key is configured, never issued, and opens `/internal` alone. */
export type Role = (typeof ROLES)[number] | 'internal';

/** Who calls, as the key says. */
export interface Caller {
  readonly keyId: string;
  readonly role: Role;
  readonly organizationId?: string;
  readonly projectId?: string;
}

/** Finds who holds a key; the ledger owns the keys, stored hashed. */
export abstract class KeyDirectory {
  /** For each hash (`hashOfKey`), in its place, who holds the key. One read, however many there are. */
  abstract find(hashes: readonly string[]): Promise<readonly (Caller | undefined)[]>;
  /** Calls `forget` when a key stops being good in this process; what is told by others is noticed when the caller looks again. */
  onRevoked(_forget: () => void): void {}
}

/** What is stored of a key, and all that travels of it: SHA-256, base64url. */
export const hashOfKey = async (key: string): Promise<string> =>
  Buffer.from(await crypto.subtle.digest('SHA-256', Buffer.from(key))).toString('base64url');

export const ALLOWED_ROLES = 'tallystick:roles';
/** The roles that may call a route. A route without it may be called by nobody. */
export const Allow = (...roles: readonly Role[]) => SetMetadata(ALLOWED_ROLES, roles);

export const BODY_RULE = 'tallystick:body-rule';
/** Throws where the caller may not send this body, which is as it was parsed. Asked before a stored answer is given. */
export type BodyRule = (caller: Caller, body: unknown) => void;
export const AllowBody = (rule: BodyRule) => SetMetadata(BODY_RULE, rule);

export const OPEN_ROUTE = 'tallystick:open';
/** A route that needs no key: health, docs. */
export const Open = () => SetMetadata(OPEN_ROUTE, true);

export const OPEN_INSIDE = 'tallystick:open-inside';
/** A route that needs no key on the internal listener and on this machine; elsewhere one of the roles that it allows. */
export const OpenInside = () => SetMetadata(OPEN_INSIDE, true);

export interface CallerRequest {
  caller?: Caller;
}

export const CurrentCaller = createParamDecorator(
  (_: unknown, context: ExecutionContext) => context.switchToHttp().getRequest<CallerRequest>().caller,
);
