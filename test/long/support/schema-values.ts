import * as fc from 'fast-check';

// A subset of the types of OpenAPI: the members that the generated document uses.
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
export interface OpenApiOperation {
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

/** Values that parsers, validators, databases and file systems often handle wrongly. */
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

export const hostile = fc.constantFrom(...HOSTILE);

/** `arbitrary` once in `times` cases, else `otherwise`. */
export const rarely = <T, U>(times: number, arbitrary: fc.Arbitrary<T>, otherwise: U): fc.Arbitrary<T | U> =>
  fc.oneof({ weight: times - 1, arbitrary: fc.constant(otherwise) }, { weight: 1, arbitrary });

/** Values for the schemas of a document. One in about 40 does not fit its schema. */
export class SchemaValues {
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
