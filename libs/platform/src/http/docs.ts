import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { type Configuration, INSTALLED } from '../configuration';
import { withCommons } from './docs-commons';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';

/**
 * /docs and /docs/openapi.json, from the code; everything is served from here, nothing from elsewhere. A service that hands
 * requests on to others describes what they answer too: as it was written down when the code was last changed.
 */
export function serveDocs(app: NestFastifyApplication, { ledgerUrls }: Configuration): void {
  SwaggerModule.setup('docs', app, () => (ledgerUrls === undefined ? documentOf(app) : everyRoute()), {
    jsonDocumentUrl: 'docs/openapi.json',
    raw: ['json'],
    customSiteTitle: 'Tallystick',
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
