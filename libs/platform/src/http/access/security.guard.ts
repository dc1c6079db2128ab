import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import {
  ALLOWED_ROLES,
  type Caller,
  notFound,
  OPEN_INSIDE,
  OPEN_ROUTE,
  type PlatformRequest,
  Problem,
  type Role,
} from '@tallystick/contracts/http';
import type { FastifyRequest } from 'fastify';
import { CONFIGURATION } from '@tallystick/hosting';
import type { Configuration } from '../../configuration';
import { clientOf } from './client-address';
import { KeyCache } from './key-cache';
import { isInside } from './listeners';

type Request = FastifyRequest & PlatformRequest;

/** `/v1/organizations/:x/projects/:y`: whatever the parameters are called, their place says what they are. */
const ORGANIZATION = /^\/v1\/organizations\/:(\w+)/;
const PROJECT = /\/projects\/:(\w+)/;

/** Nobody passes by default: a route says who may call it, or that it is open. */
@Injectable()
export class SecurityGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly keys: KeyCache,
    @Inject(CONFIGURATION) private readonly configuration: Pick<Configuration, 'listen'>,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (context.getType() !== 'http') return true;
    const places = [context.getHandler(), context.getClass()];
    if (this.reflector.getAllAndOverride<boolean>(OPEN_ROUTE, places)) return true;
    const roles = this.reflector.getAllAndOverride<readonly Role[] | undefined>(ALLOWED_ROLES, places) ?? [];
    const request = context.switchToHttp().getRequest<Request>();
    if (this.reflector.getAllAndOverride<boolean>(OPEN_INSIDE, places) && isInside(request, this.configuration))
      return true;
    const caller = await this.callerOf(request);
    if (!roles.includes(caller.role)) throw forbidden(caller.role, roles);
    assertWithin(caller, request);
    request.caller = caller;
    return true;
  }

  private async callerOf(request: Request): Promise<Caller> {
    const key = keyIn(request);
    const caller = key === undefined ? undefined : await this.keys.holder(key, clientOf(request));
    if (caller) return caller;
    const detail =
      key === undefined
        ? 'Send a key: `Authorization: Bearer <key>`.'
        : 'This key is not known, or was revoked. Ask an operator for another.';
    throw new Problem(401, 'unauthorized', detail);
  }
}

/** The key that a request carries; undefined where there is none, or none that could be one. */
export const keyIn = ({ headers }: FastifyRequest): string | undefined =>
  /^Bearer +([\x21-\x7e]{1,512}) *$/i.exec(headers.authorization ?? '')?.[1];

const forbidden = (role: Role, roles: readonly Role[]): Problem =>
  new Problem(
    403,
    'forbidden',
    roles.length === 0
      ? 'Nobody may call this.'
      : `This takes a key with the role ${roles.join(' or ')}; yours has the role ${role}.`,
  );

/** What belongs to somebody else does not exist for the caller, so that ids cannot be probed. */
function assertWithin({ role, organizationId, projectId }: Caller, { routeOptions, params }: Request): void {
  if (role !== 'organization' && role !== 'project') return;
  const given = params as Readonly<Record<string, string>>;
  const named = (place: RegExp): string | undefined => given[place.exec(routeOptions.url ?? '')?.[1] ?? ''];
  const organization = named(ORGANIZATION);
  if (organization !== undefined && organization !== organizationId) throw notFound('organization');
  const project = named(PROJECT);
  if (role === 'project' && project !== undefined && project !== projectId) throw notFound('project');
}
