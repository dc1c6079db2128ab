import {
  type CallHandler,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
  SetMetadata,
  type Type,
} from '@nestjs/common';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum';
import { Reflector } from '@nestjs/core';
import {
  BODY_RULE,
  type BodyRule,
  hasSchema,
  invalidInput,
  membersOf,
  type PlatformRequest,
  Problem,
  sentenceOf,
  unknownMember,
} from '@tallystick/contracts/http';
import type { FastifyRequest } from 'fastify';
import type { Observable } from 'rxjs';

const HANDED_ON = 'tallystick:handed-on';
/** A route that forwards its requests to another process, which checks them. */
export const HandedOn = () => SetMetadata(HANDED_ON, true);

/** Maximum number of reported parameters. */
const MAX_ERRORS = 20;

interface Taken {
  readonly parameters: readonly string[];
  readonly isBodyTaken: boolean;
}

/**
 * Refuses query parameters that the route does not have, and a body if it has none. A misspelt parameter that is ignored would
 * change the meaning of the request. The handler's `@Query()` DTO and `@Body()` declare what is allowed.
 */
@Injectable()
export class ParametersInterceptor implements NestInterceptor {
  private readonly taken = new WeakMap<object, Taken>();

  constructor(private readonly reflector: Reflector) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const isHandedOn = this.reflector.get<boolean | undefined>(HANDED_ON, context.getHandler());
    if (context.getType() === 'http' && !isHandedOn) this.check(context);
    return next.handle();
  }

  private check(context: ExecutionContext): void {
    const { parameters, isBodyTaken } = this.takenBy(context);
    const { query, body, caller } = context.switchToHttp().getRequest<FastifyRequest & PlatformRequest>();
    assertParameters(query as Readonly<Record<string, unknown>>, parameters);
    if (!isBodyTaken) assertNoBody(body);
    const rule = this.reflector.get<BodyRule | undefined>(BODY_RULE, context.getHandler());
    if (caller) rule?.(caller, body);
  }

  private takenBy(context: ExecutionContext): Taken {
    const handler = context.getHandler();
    const known = this.taken.get(handler) ?? takenBy(context.getClass(), handler.name);
    this.taken.set(handler, known);
    return known;
  }
}

/** From the metadata of Nest's parameter decorators: `<kind>:<index>` → the parameter. */
function takenBy(controller: Type, method: string): Taken {
  const places = Object.keys((Reflect.getMetadata(ROUTE_ARGS_METADATA, controller, method) ?? {}) as object);
  const types = Reflect.getMetadata('design:paramtypes', controller.prototype as object, method) as Type[];
  const typesOf = (kind: RouteParamtypes) =>
    places.flatMap((place) => (place.startsWith(`${kind}:`) ? [types[Number(place.split(':')[1])]!] : []));
  return {
    parameters: typesOf(RouteParamtypes.QUERY).flatMap((type) => (hasSchema(type) ? membersOf(type.name) : [])),
    isBodyTaken: typesOf(RouteParamtypes.BODY).length > 0,
  };
}

function assertParameters(query: Readonly<Record<string, unknown>>, known: readonly string[]): void {
  const unknown = Object.keys(query).filter((name) => !known.includes(name));
  const errors = unknown.slice(0, MAX_ERRORS).map((name) => unknownMember(name, known, { what: 'parameter' }));
  if (errors.length > 0) throw new Problem(400, 'unknown_parameter', sentenceOf(errors), { errors });
  const repeated = Object.keys(query).find((name) => Array.isArray(query[name]));
  if (repeated === undefined) return;
  const message = 'This parameter is given more than once. Give it once.';
  throw invalidInput([{ field: repeated, rule: 'once', message }]);
}

function assertNoBody(body: unknown): void {
  if (body === undefined || body === null) return;
  const members = typeof body === 'object' && !Array.isArray(body) ? Object.keys(body) : [''];
  if (members.length === 0) return;
  throw invalidInput(
    members
      .slice(0, MAX_ERRORS)
      .map((field) => ({ field, rule: 'unknown', message: 'This route takes no body. Leave it out.' })),
  );
}
