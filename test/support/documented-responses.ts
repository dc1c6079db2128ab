import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv, { type ValidateFunction } from 'ajv';

interface ResponseSchema {
  readonly [keyword: string]: unknown;
}

interface DocumentedOperation {
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { schema: ResponseSchema }>> }>
  >;
}

interface ApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, DocumentedOperation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, ResponseSchema>> };
}

interface CheckedResponse {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly body: unknown;
}

const FILE = join(__dirname, '../../docs/openapi.json').replace('/dist/', '/');

/** Compares responses with a document: every 2xx and every problem must match its schema, and have no further members. */
export class ResponseCheck {
  private readonly ajv = new Ajv({ strict: false, allErrors: true });
  private readonly validators = new Map<string, ValidateFunction>();
  private readonly routes: readonly {
    readonly pattern: RegExp;
    readonly operations: Readonly<Record<string, DocumentedOperation>>;
  }[];

  constructor(document: ApiDocument) {
    this.ajv.addFormat('date-time', (text: string) => !Number.isNaN(Date.parse(text)));
    this.ajv.addSchema({ $id: 'api', ...(closed(document.components) as object) });
    this.routes = Object.entries(document.paths).map(([path, operations]) => ({
      pattern: new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`),
      operations,
    }));
  }

  /** What is wrong with the response; undefined for a correct one, and for a route that the document does not have. */
  fault(method: string, path: string, { status, headers, body }: CheckedResponse): string | undefined {
    const [mediaType = ''] = (headers.get('content-type') ?? '').split(';');
    if (!/json/.test(mediaType) || method === 'HEAD') return undefined;
    const operation = this.operationOf(method, path.split('?')[0]!);
    if (operation === undefined) return undefined;
    const response = operation.responses[status] ?? operation.responses['default'];
    const schema = response?.content?.[mediaType]?.schema;
    if (schema === undefined) return `${status} with ${mediaType} is not documented`;
    const validate = this.validator(schema);
    return validate(body) ? undefined : this.ajv.errorsText(validate.errors);
  }

  /** Literal paths come before those with parameters. */
  private operationOf(method: string, path: string): DocumentedOperation | undefined {
    const routes = this.routes.filter(({ pattern }) => pattern.test(path));
    const [route] = routes.sort((a, b) => b.pattern.source.length - a.pattern.source.length);
    return route?.operations[method.toLowerCase()];
  }

  private validator(schema: ResponseSchema): ValidateFunction {
    const key = JSON.stringify(schema);
    const known = this.validators.get(key) ?? this.ajv.compile(closed(schema) as ResponseSchema);
    this.validators.set(key, known);
    return known;
  }
}

/** The schema without members that it does not list, at any depth. References lead to the components. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const members = Object.entries(schema).map(([name, value]) => [
    name,
    name === '$ref' ? String(value).replace('#/components', 'api#') : closed(value),
  ]);
  const result = Object.fromEntries(members) as Record<string, unknown>;
  const isObject = result['type'] === 'object' && result['properties'] !== undefined;
  return isObject && result['additionalProperties'] === undefined ? { ...result, additionalProperties: false } : result;
}

let check: ResponseCheck | undefined;

/** Throws where a response of the server is not as docs/openapi.json says. */
export function assertDocumented(method: string, path: string, response: CheckedResponse): void {
  check ??= new ResponseCheck(JSON.parse(readFileSync(FILE, 'utf8')) as ApiDocument);
  const fault = check.fault(method, path, response);
  if (fault !== undefined)
    throw new Error(
      `${method} ${path} answered ${response.status} otherwise than docs/openapi.json says: ${fault}\n${JSON.stringify(response.body)}`,
    );
}
