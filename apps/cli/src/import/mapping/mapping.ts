import { isId, ID_RULE } from '@tallystick/domain/kernel';
import { parse } from 'yaml';
import { cell, columnsOf, type Columns, type Expression } from './cells';
import { DECIMAL_SIGNS, type DecimalSign } from './decimals';
import { delimiterOf } from '../source/dialect';
import * as expressions from './expressions';
import { checkMembers, isObject, isTexts, MappingError, oneOf, scalar, whole } from './mapping-checks';
import { madeId, type IdMode, type UnnamedRow } from './row-ids';
import { BadRow, type ImportRow } from './rows';
import { LAST_TIME } from './times';

const FIELDS = ['id', 'organization', 'project', 'operation', 'pages', 'fileType', 'features', 'submittedAt'];
const OTHERS = ['duration', 'outcome', 'grant', 'plan', 'country', 'delimiter', 'decimal'];

type RowReader = (row: UnnamedRow) => ImportRow;

export interface ImportMapping {
  /** Initial credits and plan of organizations that the import creates. */
  readonly grant?: number;
  readonly plan?: string;
  /** Country of their billing details. */
  readonly country?: string;
  /** Delimiter between cells. Absent: it is detected. */
  readonly delimiter?: string;
  /** True if ids are generated. */
  readonly makesIds: boolean;
  /** Compiles a reader for files with this header. Throws MappingError; the reader throws BadRow. */
  compile(header: readonly string[], ids?: IdMode): RowReader;
}

/** Throws MappingError. */
export function parseMapping(yaml: string): ImportMapping {
  const source = load(yaml);
  checkMembers('the mapping', source, [...FIELDS, ...OTHERS]);
  for (const field of ['organization', 'operation', 'submittedAt'])
    if (!(field in source)) throw new MappingError(field, 'is missing');
  const { grant, plan, country, features, delimiter } = source;
  if (features !== undefined && !isTexts(features)) throw new MappingError('features', 'give a list of texts');
  const decimal = source.decimal === undefined ? '.' : oneOf('decimal', source.decimal, DECIMAL_SIGNS);
  const between = delimiter === undefined ? undefined : delimiterOf(delimiter);
  return {
    grant:
      grant === undefined
        ? undefined
        : whole('grant', grant, 1, Number.MAX_SAFE_INTEGER, 'give a whole number of credits'),
    plan: plan === undefined ? undefined : scalar('plan', plan),
    country: country === undefined ? undefined : scalar('country', country),
    delimiter: between,
    makesIds: !(isObject(source.id) && 'column' in source.id),
    compile: (header, ids = 'content') => compile(source, header, decimal, ids),
  };
}

/** Reads all scalars as text: YAML's types would turn 007 into 7, 0x10 into 16 and 1.0 into 1. */
function load(yaml: string): Record<string, unknown> {
  let source: unknown;
  try {
    source = parse(yaml, { schema: 'failsafe' });
  } catch (error) {
    throw new MappingError('the mapping', `is not YAML: ${(error as Error).message.split('\n')[0]}`);
  }
  if (!isObject(source)) throw new MappingError('the mapping', 'give a field and its form on each line');
  return source;
}

function compile(
  source: Record<string, unknown>,
  header: readonly string[],
  decimal: DecimalSign,
  ids: IdMode,
): RowReader {
  const context = { columns: columnsOf(header), decimal };
  const given = <Value>(field: string, make: (source: unknown) => Expression<Value>) =>
    source[field] === undefined ? undefined : make(source[field]);
  const idOf = id(source.id, header, context.columns, ids);
  const organization = expressions.text('organization', source.organization, context);
  const project = expressions.text('project', source.project ?? 'default', context);
  const operation = expressions.text('operation', source.operation, context);
  const submittedAt = expressions.time('submittedAt', source.submittedAt, context);
  const pages = given('pages', (it) => expressions.number('pages', it, context));
  const fileType = given('fileType', (it) => expressions.text('fileType', it, context));
  const duration = given('duration', (it) => expressions.number('duration', it, context, 'nearest'));
  const outcome = given('outcome', (it) => expressions.outcome('outcome', it, context));
  return (unnamed) => {
    const jobId = checkedId('id', idOf(unnamed));
    const row = { ...unnamed, key: ids === 'position' ? String(unnamed.number) : jobId };
    const from = submittedAt(row);
    const lasts = duration?.(row) ?? (outcome ? 0 : undefined);
    if (lasts !== undefined && (lasts < 0 || from + lasts > LAST_TIME))
      throw new BadRow(`the job would last ${lasts} ms`);
    return {
      jobId,
      organizationId: checkedId('organization', organization(row)),
      projectId: checkedId('project', project(row)),
      operation: operation(row),
      pages: pages?.(row),
      fileType: fileType?.(row),
      features: source.features as readonly string[] | undefined,
      submittedAt: from,
      endsAt: lasts === undefined ? undefined : from + lasts,
      ...(outcome?.(row) ?? { fails: false }),
    };
  };
}

function id(source: unknown, header: readonly string[], columns: Columns, mode: IdMode): (row: UnnamedRow) => string {
  if (!isObject(source) || !('column' in source)) return madeId(source, header, columns, mode);
  checkMembers('id', source, ['column']);
  const read = cell('id', source, columns);
  return (row) => read({ ...row, key: '' });
}

function checkedId(field: string, value: string): string {
  if (isId(value)) return value;
  throw new BadRow(`${field} ${JSON.stringify(value)} is not an id (${ID_RULE})`);
}
