import * as fc from 'fast-check';
import { hostile, type Ids, type OpenApi, type OpenApiOperation, rarely, SchemaValues } from './schema-values';

/** One request. `path` includes the query and is sent unchanged. */
export interface FuzzRequest {
  readonly method: string;
  readonly path: string;
  readonly route: string;
  readonly role: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

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

const eventOf = (job: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.record({
    specversion: fc.constantFrom('1.0', '1.0', '1.0', '0.3'),
    id: fc.oneof(fc.uuid(), hostile),
    source: fc.constantFrom('/fuzz', '%%', ''),
    type: fc.constantFrom(...EVENT_TYPES.map((type) => `tallystick.job.${type}`), 'tallystick.usage.reported'),
    time: fc.oneof(fc.constant(new Date().toISOString()), hostile),
    data: fc.oneof({ weight: 5, arbitrary: job }, { weight: 1, arbitrary: hostile }),
  });

function pathOf(values: SchemaValues, route: string): fc.Arbitrary<string> {
  const parameters = [...route.matchAll(/\{(\w+)\}/g)].map(([, name]) => values.of({ pattern: 'id' }, name));
  return fc.tuple(...parameters).map((given) => {
    let next = 0;
    return route.replace(/\{\w+\}/g, () => encodeURIComponent(textOf(given[next++])));
  });
}

function queryOf(values: SchemaValues, { parameters = [] }: OpenApiOperation): fc.Arbitrary<string> {
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

function bodyOf(
  values: SchemaValues,
  route: string,
  { requestBody }: OpenApiOperation,
): fc.Arbitrary<string | undefined> {
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

/** Requests to every documented route: most are nearly valid, some are hostile. */
export function fuzzRequests(document: OpenApi, ids: Ids): fc.Arbitrary<FuzzRequest> {
  const values = new SchemaValues(document, ids);
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

/** Removes lone surrogates, which a URL cannot contain. */
const textOf = (value: unknown): string =>
  (typeof value === 'string' ? value : JSON.stringify(value)).slice(0, 1_500).replace(/[\ud800-\udfff]/g, '');
