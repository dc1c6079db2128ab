import { isId, ID_RULE } from '@tallystick/domain/kernel';
import { v5 as uuidV5 } from 'uuid';
import { parse } from 'yaml';
import * as expressions from './expressions';
import type { Columns, Expression, RawRow } from './expressions';
import { checkMembers, isObject, MappingError, scalar } from './mapping-checks';
import { BadRow, type JobRow } from './rows';

/** Of ids made from rows. Changing it would charge every imported row again. */
const ROW_IDS = 'b1d3d9d5-6a0e-5c53-9c0c-5a3f0e1f7a52';
const FIELDS = ['id', 'organization', 'project', 'operation', 'pages', 'fileType', 'features', 'submittedAt'];
const OTHERS = ['duration', 'outcome', 'grant', 'plan'];

export interface Mapping {
  /** Credits and plan of an organization that the import makes. */
  readonly grant?: number;
  readonly plan?: string;
  /** Reads rows of a file with this header. Throws MappingError; the reader throws BadRow. */
  compile(header: readonly string[]): (row: RawRow) => JobRow;
}

/** Throws MappingError. */
export function parseMapping(yaml: string): Mapping {
  const source = load(yaml);
  checkMembers('the mapping', source, [...FIELDS, ...OTHERS]);
  for (const field of ['organization', 'operation', 'submittedAt'])
    if (!(field in source)) throw new MappingError(field, 'is missing');
  const { grant, plan, features } = source;
  if (grant !== undefined && !(Number.isInteger(grant) && (grant as number) > 0))
    throw new MappingError('grant', 'give a whole number of credits');
  if (features !== undefined && !(Array.isArray(features) && features.every((it) => typeof it === 'string')))
    throw new MappingError('features', 'give a list of texts');
  return {
    grant: grant as number | undefined,
    plan: plan === undefined ? undefined : scalar('plan', plan),
    compile: (header) => compile(source, header, features as string[] | undefined),
  };
}

function load(yaml: string): Record<string, unknown> {
  let source: unknown;
  try {
    source = parse(yaml);
  } catch (error) {
    throw new MappingError('the mapping', `is not YAML: ${(error as Error).message.split('\n')[0]}`);
  }
  if (!isObject(source)) throw new MappingError('the mapping', 'give a field and its form on each line');
  return source;
}

function compile(source: Record<string, unknown>, header: readonly string[], features?: readonly string[]) {
  const columns = expressions.columnsOf(header);
  const optional = <Value>(
    field: string,
    make: (field: string, source: unknown, columns: Columns) => Expression<Value>,
  ): Expression<Value> | undefined =>
    source[field] === undefined ? undefined : make(field, source[field], columns);
  const idOf = id(source.id, header, columns);
  const organization = expressions.text('organization', source.organization, columns);
  const project = expressions.text('project', source.project ?? 'default', columns);
  const operation = expressions.text('operation', source.operation, columns);
  const submittedAt = expressions.time('submittedAt', source.submittedAt, columns);
  const pages = optional('pages', expressions.number);
  const fileType = optional('fileType', expressions.text);
  const duration = optional('duration', expressions.number);
  const fails = optional('outcome', expressions.outcome);
  return (row: RawRow): JobRow => {
    const from = submittedAt(row);
    const lasts = duration?.(row) ?? (fails ? 0 : undefined);
    if (lasts !== undefined && lasts < 0) throw new BadRow(`the job would last ${lasts} ms`);
    return {
      jobId: checkedId('id', idOf(row)),
      organizationId: checkedId('organization', organization(row)),
      projectId: checkedId('project', project(row)),
      operation: operation(row),
      pages: checkedPages(pages?.(row)),
      fileType: fileType?.(row),
      features,
      submittedAt: from,
      endsAt: lasts === undefined ? undefined : from + Math.round(lasts),
      fails: fails?.(row) ?? false,
    };
  };
}

/** By default a hash of all that stands in the row, and of its number, as rows may repeat. */
function id(source: unknown, header: readonly string[], columns: Columns): Expression<string> {
  if (isObject(source) && 'column' in source) return expressions.text('id', source, columns);
  const hashed = isObject(source) && Array.isArray(source.hash) ? source.hash : undefined;
  if (source !== undefined && hashed === undefined)
    throw new MappingError('id', 'give { column } or { hash: [columns] }');
  const places = (hashed ?? header).map((name) => columns('id.hash', name));
  return ({ values, number }) =>
    uuidV5(JSON.stringify([number, ...places.map((at) => values[at] ?? '')]), ROW_IDS);
}

function checkedId(field: string, value: string): string {
  if (isId(value)) return value;
  throw new BadRow(`${field} ${JSON.stringify(value)} is no id (${ID_RULE})`);
}

function checkedPages(pages: number | undefined): number | undefined {
  if (pages === undefined || Number.isSafeInteger(pages)) return pages;
  throw new BadRow(`pages come out as ${pages}, no whole number; add a rounding to the mapping`);
}
