import type { OpenAPIObject } from '@nestjs/swagger';
import { hasSchema } from '@tallystick/contracts/http';

type Components = NonNullable<OpenAPIObject['components']>;
export type OperationObject = NonNullable<OpenAPIObject['paths'][string]['get']>;

const METHODS = ['get', 'post', 'put', 'delete', 'patch'] as const;

const IDEMPOTENCY_KEY: NonNullable<Components['parameters']>[string] = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description: 'A repetition with the same key gets the first answer, for a day.',
  schema: { type: 'string', maxLength: 255 },
};

/** Adds the common parts of all operations: problems, security, `Idempotency-Key`. */
export function withCommons(document: OpenAPIObject, takesKey: (operationId: string) => boolean): OpenAPIObject {
  for (const [path, item] of Object.entries(document.paths))
    for (const method of METHODS) if (item[method]) addTo(item[method], path, takesKey);
  const { schemas, parameters, ...components } = document.components ?? {};
  for (const [name, schema] of Object.entries(schemas ?? {}))
    if (hasSchema({ name })) Object.assign(schema, { additionalProperties: false });
  return {
    ...document,
    components: {
      ...components,
      schemas,
      parameters: { ...parameters, IdempotencyKey: IDEMPOTENCY_KEY },
    },
  };
}

function addTo(operation: OperationObject, path: string, takesKey: (operationId: string) => boolean): void {
  operation.responses['default'] = {
    description: 'A problem',
    content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/ProblemBody' } } },
  };
  if (path.startsWith('/health')) operation.security = [];
  if (takesKey(operation.operationId!))
    operation.parameters = [...(operation.parameters ?? []), { $ref: '#/components/parameters/IdempotencyKey' }];
}
