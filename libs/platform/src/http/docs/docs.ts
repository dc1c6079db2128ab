import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { INSTALLED } from '../../configuration';
import { withCommons } from './docs-commons';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply } from 'fastify';

/**
 * Serves /docs and /docs/openapi.json without files of other hosts. The document is generated from the code. A process that
 * forwards requests serves the document of all services, which was generated when they were built.
 */
export function serveDocs(app: NestFastifyApplication, isProxy: boolean): void {
  let document: OpenAPIObject | undefined;
  const theDocument = () => (document ??= isProxy ? everyRoute() : documentOf(app));
  SwaggerModule.setup('docs', app, theDocument, { raw: false, customSiteTitle: 'Tallystick' });
  // The module would serialize the document for each request.
  let text: Buffer | undefined;
  app.getHttpAdapter().get('/docs/openapi.json', (_request: unknown, reply: FastifyReply) => {
    text ??= Buffer.from(JSON.stringify(theDocument()));
    void reply.type('application/json').send(text);
  });
}

function everyRoute(): OpenAPIObject {
  return JSON.parse(readFileSync(join(INSTALLED ?? '.', 'docs/openapi.json'), 'utf8')) as OpenAPIObject;
}

export function documentOf(app: NestFastifyApplication): OpenAPIObject {
  const config = new DocumentBuilder()
    .setTitle('Tallystick')
    .setDescription('Event-sourced credit billing. Errors are RFC 9457; every write takes `Idempotency-Key`.')
    .setVersion('1')
    .addBearerAuth({ type: 'http', description: 'A key: service, project, organization or operator.' })
    .addSecurityRequirements('bearer')
    .build();
  const document = SwaggerModule.createDocument(app, config, {
    operationIdFactory: (controller, method) => `${controller.replace(/Controller$/, '')}_${method}`,
  });
  return withCommons(document);
}
