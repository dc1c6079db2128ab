import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import {
  ALLOWED_ROLES,
  type Caller,
  notFound,
  OPEN_INSIDE,
  OPEN_ROUTE,
  ORGANIZATION_PARAM,
  Problem,
  PROJECT_PARAM,
  type Role,
} from '@tallystick/contracts/http';
import type { FastifyRequest } from 'fastify';
import { CONFIGURATION } from '@tallystick/hosting';
import type { Configuration } from '../../configuration';
import { clientOf } from './client-address';
import { KeyCache } from './key-cache';
import { isInside } from './listeners';
import type { HttpRequest } from '../http-request';

/** Refuses requests whose role the route does not list in `@Allow()`, unless it is `@Open()`, and keys outside their scope. */
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
    const request = context.switchToHttp().getRequest<HttpRequest>();
    if (this.reflector.getAllAndOverride<boolean>(OPEN_INSIDE, places) && isInside(request, this.configuration))
      return true;
    const caller = await this.callerOf(request);
    if (!roles.includes(caller.role)) throw forbidden(caller.role, roles);
    const named = (metadata: string) => paramOf(request, this.reflector.get(metadata, context.getHandler()));
    assertInScope(caller, named(ORGANIZATION_PARAM), named(PROJECT_PARAM));
    request.caller = caller;
    return true;
  }

  private async callerOf(request: HttpRequest): Promise<Caller> {
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

/** The bearer key of a request. Undefined if it is missing or malformed. */
export const keyIn = ({ headers }: FastifyRequest): string | undefined =>
  /^Bearer +([\x21-\x7e]{1,512}) *$/i.exec(headers.authorization ?? '')?.[1];

const forbidden = (role: Role, roles: readonly Role[]): Problem =>
  new Problem(
    403,
    'forbidden',
    roles.length === 0
      ? 'No role is allowed to call this route.'
      : `This takes a key with the role ${roles.join(' or ')}; yours has the role ${role}.`,
  );

const paramOf = ({ params }: HttpRequest, name: string | undefined): string | undefined =>
  name === undefined ? undefined : (params as Readonly<Record<string, string>>)[name];

/** Answers 404 and not 403 outside the caller's scope, so that ids cannot be probed. */
function assertInScope(
  { role, organizationId, projectId }: Caller,
  organization: string | undefined,
  project: string | undefined,
): void {
  if (role !== 'organization' && role !== 'project') return;
  if (organization !== undefined && organization !== organizationId) throw notFound('organization');
  if (role === 'project' && project !== undefined && project !== projectId) throw notFound('project');
}
