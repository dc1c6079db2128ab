import { validationMetadatasToSchemas } from 'class-validator-jsonschema';
import type { SchemaConverter } from 'class-validator-jsonschema/build/defaultConverters';
// (class-transformer does not export its storage; without it nested classes have no schema)
import { defaultMetadataStorage } from 'class-transformer/cjs/storage';
import { RULE_NAMES, schemaOf, type Rule } from './rules';

export interface DtoSchema {
  readonly [keyword: string]: unknown;
}

const fromRule: SchemaConverter = (meta) => schemaOf(meta.constraints[0] as Rule) as ReturnType<SchemaConverter>;

/** Whether a schema is that of a request body or query: their classes are named `…Dto`. Responses are types without decorators. */
export const isDto = (name: string): boolean => name.endsWith('Dto');

type Schemas = Readonly<Record<string, DtoSchema>>;
let made: Schemas | undefined;

/** JSON schemas of all DTOs by class name, from their decorators. */
export const dtoSchemas = (): Schemas => (made ??= makeSchemas());

function makeSchemas(): Schemas {
  const schemas = validationMetadatasToSchemas({
    classTransformerMetadataStorage: defaultMetadataStorage,
    additionalConverters: Object.fromEntries(RULE_NAMES.map((name) => [name, fromRule])),
  }) as Record<string, DtoSchema>;
  return Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, closed(schema)]));
}

/** The members of a DTO, in the order of its class. */
export const membersOf = (dto: string): readonly string[] =>
  Object.keys((dtoSchemas()[dto]?.['properties'] as object | undefined) ?? {});

const paths = new Map<string, readonly string[]>();

/** The paths of all members of a DTO, its own first. Members in a list have `[]` in their path. */
export function pathsOf(dto: string): readonly string[] {
  const known = paths.get(dto) ?? makePaths(dto);
  paths.set(dto, known);
  return known;
}

function makePaths(dto: string): readonly string[] {
  const properties = Object.entries((dtoSchemas()[dto]?.['properties'] ?? {}) as Record<string, DtoSchema>);
  const inner = properties.flatMap(([name, schema]) => {
    // The reference of a member that is another DTO, or a list of them.
    const [, nested] = /"#\/definitions\/(\w+)"/.exec(JSON.stringify(schema)) ?? [];
    const place = `${name}${JSON.stringify(schema).includes('"items"') ? '[]' : ''}`;
    return nested === undefined ? [] : pathsOf(nested).map((path) => `${place}.${path}`);
  });
  return [...properties.map(([name]) => name), ...inner];
}

/** Further members are refused. Optional members may be null. */
function closed(schema: DtoSchema): DtoSchema {
  const required = new Set((schema['required'] as string[] | undefined) ?? []);
  const properties = Object.entries(schema['properties'] as Record<string, DtoSchema>).map(([name, property]) => [
    name,
    required.has(name) ? property : { anyOf: [{ type: 'null' }, property] },
  ]);
  return { ...schema, properties: Object.fromEntries(properties), additionalProperties: false };
}
