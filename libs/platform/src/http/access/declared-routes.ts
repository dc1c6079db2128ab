import type { Type } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants';
import { MetadataScanner, ModulesContainer, Reflector } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import {
  ALLOWED_ROLES,
  OPEN_ROUTE,
  ORGANIZATION_PARAM,
  PROJECT_PARAM,
  type Role,
  SCOPE,
} from '@tallystick/contracts/http';

/** A controller method that handles HTTP requests. */
export interface DeclaredRoute {
  readonly controller: Type;
  readonly method: string;
  readonly handler: () => unknown;
}

/** The routes of all modules of the application. */
export function declaredRoutes(app: NestFastifyApplication): readonly DeclaredRoute[] {
  const scanner = new MetadataScanner();
  const controllers = [...app.get(ModulesContainer).values()].flatMap((module) => [...module.controllers.values()]);
  return controllers.flatMap(({ metatype }) => {
    const controller = metatype as Type<Record<string, () => unknown>>;
    const methods = scanner.getAllMethodNames(controller.prototype);
    return methods
      .map((method) => ({ controller, method, handler: controller.prototype[method]! }))
      .filter(({ handler }) => [PATH_METADATA, METHOD_METADATA].every((key) => Reflect.hasMetadata(key, handler)));
  });
}

/** Roles with access to all organizations. */
const UNLIMITED: ReadonlySet<Role> = new Set(['operator', 'internal']);

/** Throws an error that lists the routes without a declared scope. */
export function assertScopes(app: NestFastifyApplication): void {
  const reflector = new Reflector();
  const isScoped = ({ controller, handler }: DeclaredRoute): boolean => {
    const places = [handler, controller];
    const roles = reflector.getAllAndOverride<readonly Role[] | undefined>(ALLOWED_ROLES, places) ?? [];
    return (
      roles.every((role) => UNLIMITED.has(role)) ||
      [OPEN_ROUTE, ORGANIZATION_PARAM, PROJECT_PARAM, SCOPE].some((key) => reflector.getAllAndOverride(key, places))
    );
  };
  const unscoped = declaredRoutes(app).filter((route) => !isScoped(route));
  if (unscoped.length === 0) return;
  const names = unscoped.map(({ controller, method }) => `${controller.name}.${method}`).join(', ');
  throw new Error(
    `These routes have no scope: ${names}. Mark the parameter of the organization with @OrganizationParam(), or the method with @ScopedByHandler() or @Unscoped().`,
  );
}
