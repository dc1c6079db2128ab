import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { withCommons } from './docs-commons';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';

/** /docs and /docs/openapi.json, from the code; everything is served from here, nothing from elsewhere. */
export function serveDocs(app: NestFastifyApplication): void {
  SwaggerModule.setup('docs', app, () => documentOf(app), {
    jsonDocumentUrl: 'docs/openapi.json',
    raw: ['json'],
    customSiteTitle: 'Tallystick',
  });
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
