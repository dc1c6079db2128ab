import { isDto } from '@tallystick/contracts/http';
import { type Schema, TypeSchemas } from './type-schema';

interface OpenApiResponse {
  content?: Readonly<Record<string, { readonly schema: Schema }>>;
}

interface RouteOperation {
  readonly operationId: string;
  readonly responses: Record<string, OpenApiResponse>;
}

export interface OpenApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, RouteOperation>>>>;
  readonly components: { readonly schemas: Record<string, Schema> };
}

/** The types that are named in the document. */
const NAMED = 'libs/contracts';
/** The type of all problems, which the document refers to. */
const PROBLEM = { file: 'libs/contracts/http/src/responses.ts', name: 'ProblemBody' };
const REF = /"#\/components\/schemas\/(\w+)"/g;

/**
 * The document with a schema for each 2xx response, and for each other one that the method declares: its return type. Throws
 * an Error that names the operations without one. `files`: the controllers.
 */
export function withResponseSchemas(
  document: OpenApiDocument,
  root: string,
  files: readonly string[],
): OpenApiDocument {
  const types = new TypeSchemas(root, [...files, PROBLEM.file], { named: NAMED });
  types.of(PROBLEM.file, PROBLEM.name);
  const missing: string[] = [];
  for (const operation of operationsOf(document)) {
    const schema = types.ofOperation(operation.operationId);
    const responses = Object.entries(operation.responses).filter(
      ([status, response]) => /^2\d\d$/.test(status) || isOwn(response),
    );
    if (schema === undefined || isVague(schema) || responses.length === 0) missing.push(operation.operationId);
    for (const [, response] of responses) response.content = schema && { 'application/json': { schema } };
  }
  if (missing.length > 0)
    throw new Error(
      `These routes have no response type. Declare the return type of the method, as an interface of the contracts: ${missing.join(', ')}`,
    );
  return { ...document, components: { ...document.components, schemas: inUse(document, types.components) } };
}

/** Problems refer to a shared response. */
const isOwn = (response: object): boolean => !('$ref' in response) && !('content' in response);

const operationsOf = ({ paths }: OpenApiDocument): readonly RouteOperation[] =>
  Object.values(paths).flatMap((item) => Object.values(item));

/** `object`, `unknown` and `any` allow everything. */
const isVague = ({ type, properties, ...others }: Schema): boolean =>
  Object.keys(others).length === 0 &&
  (type === undefined || (type === 'object' && Object.keys((properties as object | undefined) ?? {}).length === 0));

/** The DTOs, and the schemas that an operation refers to, directly or through another one. A type replaces the schema of its name. */
function inUse({ paths, components }: OpenApiDocument, types: Record<string, Schema>): Record<string, Schema> {
  const known = { ...components.schemas, ...types };
  const used = new Set<string>();
  const collect = (value: unknown) => {
    for (const [, name] of JSON.stringify(value).matchAll(REF))
      if (!used.has(name!)) {
        used.add(name!);
        collect(known[name!]);
      }
  };
  collect(paths);
  for (const name of Object.keys(known)) if (isDto(name)) used.add(name);
  return Object.fromEntries([...used].sort().map((name) => [name, known[name]!]));
}
