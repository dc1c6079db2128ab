import { validationMetadatasToSchemas } from 'class-validator-jsonschema';
import type { SchemaConverter } from 'class-validator-jsonschema/build/defaultConverters';
// class-transformer does not export its storage, and without it nested classes have no schema.
import { defaultMetadataStorage } from 'class-transformer/cjs/storage';
import { RULE_NAMES, schemaOf, type Rule } from './dto/rules';

export interface Schema {
  readonly [keyword: string]: unknown;
}

const fromRule: SchemaConverter = (meta) =>
  schemaOf(meta.constraints[0] as Rule) as ReturnType<SchemaConverter>;

/** JSON schemas of every DTO by the name of its class, made from the decorators that HTTP checks by. */
export function dtoSchemas(): Readonly<Record<string, Schema>> {
  const schemas = validationMetadatasToSchemas({
    classTransformerMetadataStorage: defaultMetadataStorage,
    additionalConverters: Object.fromEntries(RULE_NAMES.map((name) => [name, fromRule])),
  }) as Record<string, Schema>;
  return Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, closed(schema)]));
}

/** Members beyond those named are dropped; one that may be left out may be null. */
function closed(schema: Schema): Schema {
  const required = new Set((schema['required'] as string[] | undefined) ?? []);
  const properties = Object.entries(schema['properties'] as Record<string, Schema>).map(
    ([name, property]) => [name, required.has(name) ? property : { anyOf: [{ type: 'null' }, property] }],
  );
  return { ...schema, properties: Object.fromEntries(properties), additionalProperties: false };
}
