import { Param, SetMetadata } from '@nestjs/common';

/*
 * Each route that keys of organizations, projects or services may call declares its scope: `OrganizationParam` in its
 * parameters, `ScopedByHandler`, or `Unscoped`. A process with a route without a scope does not start.
 */

export const ORGANIZATION_PARAM = 'tallystick:organization-param';
export const PROJECT_PARAM = 'tallystick:project-param';
export const SCOPE = 'tallystick:scope';

/** Like `@Param()`; the name is in the metadata of the method. */
const scopeParam =
  (metadata: string, name: string): ParameterDecorator =>
  (prototype, method, index) => {
    Param(name)(prototype, method, index);
    Reflect.defineMetadata(metadata, name, (prototype as Record<string | symbol, object>)[method!]!);
  };

/**
 * The route parameter that names the organization. Keys of other organizations get 404, and an `Idempotency-Key` is unique
 * within the organization.
 */
export const OrganizationParam = (name = 'organization'): ParameterDecorator => scopeParam(ORGANIZATION_PARAM, name);

/** The route parameter that names a project of the organization. Keys of other projects get 404. */
export const ProjectParam = (name = 'project'): ParameterDecorator => scopeParam(PROJECT_PARAM, name);

/** The handler itself limits what a caller reaches: the organization is in the body, in the query or in the caller's key. */
export const ScopedByHandler = () => SetMetadata(SCOPE, 'handler');

/** The route has nothing that belongs to an organization. */
export const Unscoped = () => SetMetadata(SCOPE, 'none');
