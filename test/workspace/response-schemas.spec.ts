import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withResponseSchemas, type OpenApiDocument } from '../../tools/generate/responses';
import { ResponseCheck } from '../support/documented-responses';

const ROOT = join(__dirname, '../..');
const directory = mkdtempSync(join(tmpdir(), 'tallystick-'));
const file = join(directory, 'planted.controller.ts');
afterAll(() => rmSync(directory, { recursive: true, force: true }));

writeFileSync(
  file,
  `interface Item { readonly id: string; readonly count?: number }
  export class PlantedController {
    typed(): Promise<Item> { return Promise.resolve({ id: 'a' }); }
    list(): { readonly data: readonly Item[] } { return { data: [] }; }
    undeclared() { return { id: 'a' }; }
    vague(): Promise<object> { return Promise.resolve({}); }
  }`,
);

const documentOf = (...methods: readonly string[]): OpenApiDocument => ({
  paths: Object.fromEntries(
    methods.map((method) => [`/${method}`, { get: { operationId: `Planted_${method}`, responses: { 200: {} } } }]),
  ),
  components: { schemas: {} },
});
const schemaOf = (document: OpenApiDocument, method: string) =>
  document.paths[`/${method}`]!['get']!.responses['200']!.content?.['application/json']?.schema;

test('a route is documented with the return type of its method', () => {
  const document = withResponseSchemas(documentOf('typed', 'list'), ROOT, [file]);
  const item = { type: 'object', properties: { id: { type: 'string' }, count: { type: 'integer' } }, required: ['id'] };
  expect(schemaOf(document, 'typed')).toEqual(item);
  expect(schemaOf(document, 'list')).toMatchObject({ properties: { data: { type: 'array', items: item } } });
});

test.each(['undeclared', 'vague', 'absent'])('a route whose method is %s is reported', (method) => {
  const generate = () => withResponseSchemas(documentOf('typed', method), ROOT, [file]);
  expect(generate).toThrow(new RegExp(`^These routes have no response type\\..*: Planted_${method}$`));
});

test('the written document has a schema for every 2xx response and for the problems of every route', () => {
  const { paths } = JSON.parse(readFileSync(join(ROOT, 'docs/openapi.json'), 'utf8')) as OpenApiDocument;
  const missing = Object.values(paths)
    .flatMap((item) => Object.values(item))
    .filter(({ responses }) => {
      const successes = Object.entries(responses).filter(([status]) => status.startsWith('2'));
      const hasSchemas = successes.every(([, { content }]) => content?.['application/json']?.schema !== undefined);
      const problem = responses['default']?.content?.['application/problem+json']?.schema;
      return successes.length === 0 || !hasSchemas || problem === undefined;
    });
  expect(missing.map(({ operationId }) => operationId)).toEqual([]);
});

describe('the check of responses in the journeys', () => {
  const document = withResponseSchemas(documentOf('typed'), ROOT, [file]);
  const check = new ResponseCheck(document as ConstructorParameters<typeof ResponseCheck>[0]);
  const json = { get: () => 'application/json; charset=utf-8' };

  test.each<[string, unknown, RegExp | undefined]>([
    ['a documented one', { id: 'a', count: 1 }, undefined],
    ['a missing member', { count: 1 }, /id/],
    ['a member of another type', { id: 1 }, /id must be string/],
    ['a further member', { id: 'a', colour: 'red' }, /additional/],
  ])('%s', (_, body, fault) => {
    const found = check.fault('GET', '/typed?x=1', { status: 200, headers: json, body });
    if (fault === undefined) expect(found).toBeUndefined();
    else expect(found).toMatch(fault);
  });

  test('a status without documentation', () => {
    expect(check.fault('GET', '/typed', { status: 202, headers: json, body: {} })).toMatch(/202 .* is not documented/);
  });
});
