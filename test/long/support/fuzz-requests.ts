import * as fc from 'fast-check';

/** What a fuzzed request is made of; `path` is sent as it stands, with its query. */
export interface FuzzRequest {
  readonly method: string;
  readonly path: string;
  readonly route: string;
  readonly role: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

// OpenAPI's own types allow more than the generated document has.
interface OpenApiSchema {
  readonly $ref?: string;
  readonly allOf?: readonly OpenApiSchema[];
  readonly anyOf?: readonly OpenApiSchema[];
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly format?: string;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, OpenApiSchema>>;
  readonly required?: readonly string[];
  readonly items?: OpenApiSchema;
}
interface Parameter {
  readonly $ref?: string;
  readonly in: string;
  readonly name: string;
  readonly schema?: OpenApiSchema;
}
interface OpenApiOperation {
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: OpenApiSchema }>> };
}
export interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, OpenApiOperation>>>>;
}

export interface Ids {
  readonly organizations: readonly string[];
  readonly projects: readonly string[];
}

const OPERATIONS = ['document-extraction', 'document-classification', 'standard-v2', ''];
const TIMES = [
  '2026-01-01T00:00:00Z',
  '2026-11-30T23:59:60Z',
  '2026-02-30T00:00:00Z',
  '9999-12-31T23:59:59.999Z',
  '2020-01-01',
  'now',
];

/** Values that parsers, validators, databases and file names stumble over. */
const HOSTILE: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -0,
  -1,
  1.5,
  1e21,
  1e308,
  2 ** 53,
  -(2 ** 53),
  '',
  ' ',
  '0',
  '-1',
  '1e3',
  '0x10',
  'NaN',
  'null',
  'undefined',
  '\u0000',
  '\ud800',
  '\u2028',
  '\uffff',
  '😀'.repeat(200),
  'ﬃ',
  '../../etc/passwd',
  '%00',
  "'; DROP TABLE views;--",
  '<script>',
  '${7*7}',
  '__proto__',
  'constructor',
  'toString',
  [],
  {},
  [[]],
  [null],
  { $ne: null },
  { toString: '' },
  { length: 1e9 },
  { __proto__: 1 },
  'x'.repeat(5_000),
  { constructor: { prototype: {} } },
  ['a', 1, null, {}],
  { toJSON: 1 },
  '2026-13-45T99:99:99Z',
  '1970-01-01T00:00:00Z',
  ...TIMES,
];

const HEADERS: readonly Readonly<Record<string, string>>[] = [
  { 'idempotency-key': 'same' },
  { 'idempotency-key': 'x'.repeat(300) },
  { 'idempotency-key': '"quoted"' },
  { 'x-correlation-id': 'c'.repeat(500) },
  { 'x-correlation-id': 'a b;c' },
  { accept: 'text/csv' },
  { accept: 'image/png' },
  { 'accept-encoding': 'br;q=0, *;q=0' },
  { 'content-type': 'text/plain' },
  { 'content-type': 'application/json; charset=utf-16' },
  { 'content-type': 'application/json; charset=utf-8; charset=latin1' },
  { 'content-type': 'multipart/form-data; boundary=x' },
  { 'content-type': 'application/cloudevents+json' },
  { 'content-type': 'application/cloudevents-batch+json' },
  { 'content-encoding': 'gzip' },
  { 'content-encoding': 'br' },
  { 'x-forwarded-for': '1.2.3.4, unknown, ::1' },
  { 'x-http-method-override': 'DELETE' },
  { 'ce-id': '1', 'ce-source': '/s', 'ce-type': 'tallystick.job.submitted', 'ce-specversion': '1.0' },
  { 'ce-id': '', 'ce-source': '%', 'ce-type': 'tallystick.job.completed', 'ce-specversion': '0.3' },
  { range: 'bytes=0-1' },
  { 'if-none-match': '*' },
  { expect: '100-continue' },
  { authorization: 'Basic eDp5' },
  { authorization: 'Bearer ' },
];

const RAW_BODIES = [
  '',
  '{',
  '[',
  'null',
  '1',
  '"x"',
  '[]',
  '{}',
  '{"a":1,"a":2}',
  '\ufeff{}',
  '{"__proto__":{}}',
  '['.repeat(5_000),
  '{"a":'.repeat(500) + '1' + '}'.repeat(500),
  '{"id":"\\ud800"}',
  '1e999',
  'x=1&y=2',
];

const ROLES = [
  'operator',
  'operator',
  'operator',
  'service',
  'service',
  'organization',
  'project',
  'none',
  'unknown',
] as const;

const EVENT_TYPES = ['submitted', 'completed', 'failed', 'heartbeat', 'delivery-failed', 'unknown'];

const hostile = fc.constantFrom(...HOSTILE);

/** Once in so many times. */
const rarely = <T, U>(times: number, arbitrary: fc.Arbitrary<T>, otherwise: U): fc.Arbitrary<T | U> =>
  fc.oneof({ weight: times - 1, arbitrary: fc.constant(otherwise) }, { weight: 1, arbitrary });

/** Values that fit the schemas of a document, and now and then do not. */
class Values {
  private readonly named: Readonly<Record<string, fc.Arbitrary<unknown>>>;
  private readonly id: fc.Arbitrary<string>;

  constructor(
    private readonly document: OpenApi,
    { organizations, projects }: Ids,
  ) {
    this.id = fc.constantFrom('job-1', 'job-2', 'job-3', 'grant-1', ...organizations, ...projects);
    this.named = {
      organizationId: fc.constantFrom(...organizations),
      organization: fc.constantFrom(...organizations),
      projectId: fc.constantFrom(...projects),
      operation: fc.constantFrom(...OPERATIONS),
      type: fc.constantFrom('pdf', 'PDF', 'image', 'docx', ''),
      features: fc.subarray(['structured-output', 'Structured-Output', 'none']),
      at: fc.constantFrom(...TIMES),
    };
  }

  resolve<T extends { readonly $ref?: string }>(of: T): T {
    if (of.$ref === undefined) return of;
    const steps = of.$ref.slice(2).split('/');
    const found = steps.reduce((at, name) => (at as Record<string, unknown>)[name], this.document as unknown);
    return this.resolve(found as T);
  }

  of(schema: OpenApiSchema, name = '', depth = 0): fc.Arbitrary<unknown> {
    const right = this.named[name] ?? this.right(this.resolve(schema), name, depth);
    return fc.oneof({ weight: 40, arbitrary: right }, { weight: 1, arbitrary: hostile });
  }

  private right(schema: OpenApiSchema, name: string, depth: number): fc.Arbitrary<unknown> {
    const [part] = schema.allOf ?? schema.anyOf ?? [];
    if (part) return this.of(part, name, depth);
    if (schema.enum) return fc.constantFrom(...schema.enum);
    if (schema.format === 'date-time') return fc.constantFrom(new Date().toISOString(), ...TIMES);
    if (schema.type === 'integer') {
      const min = Math.max(schema.minimum ?? 0, -1_000);
      return fc.integer({ min, max: Math.min(schema.maximum ?? 1_000, Math.max(min, 1_000)) });
    }
    if (schema.type === 'boolean') return fc.boolean();
    const items = schema.items && depth < 6 ? this.of(schema.items, name, depth + 1) : hostile;
    if (schema.type === 'array') return fc.array(items, { maxLength: 4 });
    if (schema.type === 'object') return this.object(schema, depth);
    return schema.pattern === undefined ? fc.string({ maxLength: 20 }) : this.id;
  }

  private object({ properties = {}, required = [] }: OpenApiSchema, depth: number): fc.Arbitrary<unknown> {
    const members = Object.entries(properties).map(([name, of]) => [name, this.of(of, name, depth + 1)]);
    const known = fc.record(Object.fromEntries(members) as Record<string, fc.Arbitrary<unknown>>, {
      requiredKeys: [...required],
    });
    const names = fc.constantFrom('extra', 'expires_at', 'pages', 'constructor');
    const unknown = rarely(40, fc.dictionary(names, hostile, { minKeys: 1, maxKeys: 1 }), {});
    return fc.tuple(known, unknown).map(([right, more]) => ({ ...right, ...more }));
  }
}

const eventOf = (job: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.record({
    specversion: fc.constantFrom('1.0', '1.0', '1.0', '0.3'),
    id: fc.oneof(fc.uuid(), hostile),
    source: fc.constantFrom('/fuzz', '%%', ''),
    type: fc.constantFrom(...EVENT_TYPES.map((type) => `tallystick.job.${type}`), 'tallystick.usage.reported'),
    time: fc.oneof(fc.constant(new Date().toISOString()), hostile),
    data: fc.oneof({ weight: 5, arbitrary: job }, { weight: 1, arbitrary: hostile }),
  });

function pathOf(values: Values, route: string): fc.Arbitrary<string> {
  const parameters = [...route.matchAll(/\{(\w+)\}/g)].map(([, name]) => values.of({ pattern: 'id' }, name));
  return fc.tuple(...parameters).map((given) => {
    let next = 0;
    return route.replace(/\{\w+\}/g, () => encodeURIComponent(textOf(given[next++])));
  });
}

function queryOf(values: Values, { parameters = [] }: OpenApiOperation): fc.Arbitrary<string> {
  const known = parameters.map((of) => values.resolve(of)).filter((parameter) => parameter.in === 'query');
  const members = known.map(({ name, schema = {} }) => [name, values.of(schema, name)]);
  const some = fc.record(Object.fromEntries(members) as Record<string, fc.Arbitrary<unknown>>, {
    requiredKeys: [],
  });
  return fc
    .tuple(some, rarely(20, fc.record({ extra: hostile }), {}))
    .map(([right, unknown]) => Object.entries({ ...right, ...unknown }))
    .map((query) => query.map(([name, value]) => `${name}=${encodeURIComponent(textOf(value))}`))
    .map((pairs) => (pairs.length === 0 ? '' : `?${pairs.join('&')}`));
}

function bodyOf(values: Values, route: string, { requestBody }: OpenApiOperation): fc.Arbitrary<string | undefined> {
  const raw = fc.constantFrom(...RAW_BODIES);
  const job = values.of({ $ref: '#/components/schemas/SubmitJobDto' });
  const undocumented: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
    '/v1/events': fc.oneof(eventOf(job), fc.array(eventOf(job), { maxLength: 3 })),
    '/v1/preview': job,
  };
  const schema = requestBody?.content['application/json']?.schema;
  const value = undocumented[route] ?? (schema && values.of(schema));
  if (!value) return rarely(4, raw, undefined);
  const right = value.map((body) => JSON.stringify(body));
  return fc.oneof({ weight: 12, arbitrary: right }, { weight: 1, arbitrary: raw });
}

/** Requests to every documented route, from nearly right to hostile. */
export function fuzzRequests(document: OpenApi, ids: Ids): fc.Arbitrary<FuzzRequest> {
  const values = new Values(document, ids);
  const routes = Object.entries(document.paths).flatMap(([route, methods]) =>
    Object.entries(methods).map(([name, operation]) => ({ route, method: name.toUpperCase(), operation })),
  );
  return fc.constantFrom(...routes).chain(({ route, method, operation }) =>
    fc
      .record({
        path: pathOf(values, route),
        query: queryOf(values, operation),
        role: fc.constantFrom(...ROLES),
        more: rarely(4, fc.constantFrom(...HEADERS), {}),
        body: method === 'GET' ? fc.constant(undefined) : bodyOf(values, route, operation),
      })
      .map(({ path, query, body, more, role }) => {
        const headers = {
          ...(body !== undefined && { 'content-type': contentTypeOf(route, body) }),
          ...more,
        };
        return { method, route: `${method} ${route}`, path: path + query, role, body, headers };
      }),
  );
}

const contentTypeOf = (route: string, body: string): string =>
  route !== '/v1/events' ? 'application/json' : `application/cloudevents${body.startsWith('[') ? '-batch' : ''}+json`;

/** Lone surrogates have no place in an address. */
const textOf = (value: unknown): string =>
  (typeof value === 'string' ? value : JSON.stringify(value)).slice(0, 1_500).replace(/[\ud800-\udfff]/g, '');
