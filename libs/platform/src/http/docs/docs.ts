import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RequestMethod, type Type } from '@nestjs/common';
import { METHOD_METADATA } from '@nestjs/common/constants';
import { Reflector } from '@nestjs/core';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { isDto } from '@tallystick/contracts/http';
import { INSTALLED } from '../../configuration';
import { type DeclaredRoute, declaredRoutes } from '../access/declared-routes';
import { takesKey } from '../idempotency/repeating';
import { type OperationObject, withCommons } from './docs-commons';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply } from 'fastify';

/**
 * Serves /docs and /docs/openapi.json. The document is made from the decorators; the schemas of responses, which are generated from
 * the types of the code, come from docs/openapi.json. A service that forwards requests to others serves that file: it has all routes.
 */
export function serveDocs(app: NestFastifyApplication, isProxy: boolean): void {
  let document: OpenAPIObject | undefined;
  const theDocument = () => (document ??= isProxy ? generated()! : withResponseSchemas(documentOf(app), generated()));
  SwaggerModule.setup('docs', app, theDocument, { raw: false, customSiteTitle: 'Tallystick' });
  // The module would serialize the document for each request.
  let text: Buffer | undefined;
  app.getHttpAdapter().get('/docs/openapi.json', (_request: unknown, reply: FastifyReply) => {
    text ??= Buffer.from(JSON.stringify(theDocument()));
    void reply.type('application/json').send(text);
  });
}

/** Undefined before it is generated for the first time. */
function generated(): OpenAPIObject | undefined {
  const file = join(INSTALLED ?? '.', 'docs/openapi.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as OpenAPIObject) : undefined;
}

function withResponseSchemas(document: OpenAPIObject, from: OpenAPIObject | undefined): OpenAPIObject {
  for (const [path, item] of Object.entries(document.paths))
    for (const [method, { responses }] of Object.entries(item) as [HttpMethod, OperationObject][])
      for (const [status, response] of Object.entries(responses)) {
        const content = (from?.paths[path]?.[method]?.responses[status] as DocumentedResponse | undefined)?.content;
        if (content) Object.assign(response!, { content, ...response });
      }
  // DTOs are those of the decorators.
  const types = Object.entries(from?.components?.schemas ?? {}).filter(([name]) => !isDto(name));
  const schemas = { ...Object.fromEntries(types), ...document.components?.schemas };
  return { ...document, components: { ...document.components, schemas } };
}

type HttpMethod = 'get' | 'post' | 'put' | 'patch' | 'delete';
type DocumentedResponse = { readonly content?: object };

export function documentOf(app: NestFastifyApplication): OpenAPIObject {
  const config = new DocumentBuilder()
    .setTitle('Tallystick')
    .setDescription('Event-sourced credit billing. Errors are RFC 9457; every write takes `Idempotency-Key`.')
    .setVersion('1')
    .setOpenAPIVersion('3.1.0')
    .addBearerAuth({ type: 'http', description: 'A key: service, project, organization or operator.' })
    .addSecurityRequirements('bearer')
    .build();
  const document = SwaggerModule.createDocument(app, config, {
    operationIdFactory: operationId,
  });
  const withKey = new Set(declaredRoutes(app).filter(remembersResponses).map(operationIdOf));
  return withCommons(document, (id) => withKey.has(id));
}

const operationId = (controller: string, method: string): string =>
  `${controller.replace(/Controller$/, '')}_${method}`;
const operationIdOf = ({ controller, method }: DeclaredRoute): string => operationId(controller.name, method);

const remembersResponses = ({ controller, handler }: DeclaredRoute): boolean =>
  takesKey(new Reflector(), RequestMethod[Reflect.getMetadata(METHOD_METADATA, handler) as RequestMethod], {
    getHandler: () => handler,
    getClass: <T>() => controller as Type<T>,
  });
