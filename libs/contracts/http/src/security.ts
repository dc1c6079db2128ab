import { createParamDecorator, SetMetadata, type ExecutionContext } from '@nestjs/common';

/**
 * The roles of issued keys. A service key gives organization and project in each request; an organization key and a project key
 * belong to them; an operator key has access to everything.
 */
export const ROLES = ['service', 'project', 'organization', 'operator'] as const;
/** `internal`: services in other processes. Its key is configured, not issued, and is only valid for `/internal`. */
export type Role = (typeof ROLES)[number] | 'internal';

/** The holder of the key of a request. */
export interface Caller {
  readonly keyId: string;
  readonly role: Role;
  readonly organizationId?: string;
  readonly projectId?: string;
}

/** Finds the holders of keys. The ledger owns the keys and stores them hashed. */
export abstract class KeyDirectory {
  /** The holder of the key for each hash (`hashOfKey`), in order, with one read. */
  abstract find(hashes: readonly string[]): Promise<readonly (Caller | undefined)[]>;
  /** Calls `forget` when this process revokes a key. Revocations by other processes are not reported. */
  onRevoked(_forget: () => void): void {}
}

/** The form in which a key is stored and sent to other services: SHA-256, base64url. */
export const hashOfKey = async (key: string): Promise<string> =>
  Buffer.from(await crypto.subtle.digest('SHA-256', Buffer.from(key))).toString('base64url');

export const ALLOWED_ROLES = 'tallystick:roles';
/** The roles that may call a route. Without it no role may. */
export const Allow = (...roles: readonly Role[]) => SetMetadata(ALLOWED_ROLES, roles);

export const BODY_RULE = 'tallystick:body-rule';
/** Throws where the caller may not send this parsed body. Called before a stored response is returned. */
export type BodyRule = (caller: Caller, body: unknown) => void;
export const AllowBody = (rule: BodyRule) => SetMetadata(BODY_RULE, rule);

export const OPEN_ROUTE = 'tallystick:open';
/** A route without a key: health, docs. */
export const Open = () => SetMetadata(OPEN_ROUTE, true);

export const OPEN_INSIDE = 'tallystick:open-inside';
/** A route without a key on the internal listener and on this machine. Elsewhere it needs one of its roles. */
export const OpenInside = () => SetMetadata(OPEN_INSIDE, true);

export interface CallerRequest {
  caller?: Caller;
}

export const CurrentCaller = createParamDecorator(
  (_: unknown, context: ExecutionContext) => context.switchToHttp().getRequest<CallerRequest>().caller,
);
