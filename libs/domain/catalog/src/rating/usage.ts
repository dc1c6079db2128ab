import type { Catalog, PageRule, Unit } from '../catalog';
import type { FieldProblem, Usage, UsageFile } from './rating';

export interface CountingRules {
  readonly unit: Unit;
  readonly pageRules: ReadonlyMap<string, PageRule> | undefined;
  readonly maxFiles: number;
  readonly minPages: number;
}

/** The units of a usage. Problems are added to `problems`; the result is then meaningless. A request is always one unit. */
export function countUnits(rules: CountingRules, usage: Usage | undefined, problems: FieldProblem[]): number {
  if (rules.unit === 'request') return 1;
  const files = usage?.files ?? undefined;
  const given = usage?.pages ?? undefined;
  const pages = given === undefined ? undefined : pagesOf(rules, given, 'usage.pages', problems);
  if (files !== undefined) return countFiles(rules, files, pages, problems);
  if (rules.unit === 'file') {
    problems.push(problem('usage.files', 'required', 'List the files of this job: the operation is priced per file.'));
  } else if (pages === undefined) {
    problems.push(
      problem('usage.pages', 'required', 'Give the pages of this job, as usage.pages or by listing usage.files.'),
    );
  }
  return pages ?? 0;
}

function countFiles(rules: CountingRules, files: unknown, total: number | undefined, problems: FieldProblem[]): number {
  if (!Array.isArray(files)) {
    problems.push(problem('usage.files', 'type', 'Give usage.files as a list of files.'));
    return 0;
  }
  if (!isFileCountAllowed(rules, files.length, problems)) return 0;
  let pages = 0;
  for (let index = 0; index < files.length; index++) pages += countPages(rules, files[index], index, problems);
  if (rules.unit === 'file') return files.length;
  if (total !== undefined && total !== pages && problems.length === 0) problems.push(mismatch(total, pages));
  return pages;
}

function isFileCountAllowed(rules: CountingRules, count: number, problems: FieldProblem[]): boolean {
  if (count < Math.min(1, rules.minPages)) {
    problems.push(problem('usage.files', 'min', 'Give at least one file.'));
    return false;
  }
  if (count <= rules.maxFiles) return true;
  const allowed = rules.maxFiles === 1 ? 'one file' : `at most ${rules.maxFiles} files`;
  problems.push(
    problem(
      'usage.files',
      'max',
      `A job of this operation takes ${allowed}, not ${count}: split it into several jobs.`,
    ),
  );
  return false;
}

function countPages(
  rules: CountingRules,
  file: UsageFile | null | undefined,
  index: number,
  problems: FieldProblem[],
): number {
  if (typeof file !== 'object' || file === null) {
    problems.push(problem(`usage.files[${index}]`, 'type', 'Give each file as an object with its type.'));
    return 0;
  }
  const rule = pageRuleOf(rules, file.type, index, problems);
  const given = file.pages ?? undefined;
  if (given === undefined) {
    if (rule !== 'given') return rule;
    if (rules.unit === 'file') return 0;
    problems.push(
      problem(`usage.files[${index}].pages`, 'required', 'Give the pages of this file: its type is counted by pages.'),
    );
    return 0;
  }
  const pages = pagesOf(rules, given, `usage.files[${index}].pages`, problems);
  return rule === 'given' ? pages : rule;
}

function pageRuleOf(rules: CountingRules, type: unknown, index: number, problems: FieldProblem[]): PageRule {
  if (typeof type !== 'string' || type === '') {
    problems.push(
      problem(`usage.files[${index}].type`, 'required', 'Give the type of this file, as an extension or a media type.'),
    );
    return 0;
  }
  if (rules.pageRules === undefined) return 'given';
  const rule = rules.pageRules.get(type) ?? rules.pageRules.get(normalizedType(type));
  if (rule !== undefined) return rule;
  problems.push(unknownType(rules.pageRules, index));
  return 0;
}

/** `.PDF` becomes `pdf`, and `text/html; charset=utf-8` becomes `text/html`. */
export function normalizedType(type: string): string {
  const [bare = ''] = type.split(';', 1);
  return bare.trim().toLowerCase().replace(/^\./, '');
}

/** The catalog's file type for a name or alias. In a catalog without file types: the name itself, with the rule `given`. */
export function fileTypeOf(
  { fileTypes }: Pick<Catalog, 'fileTypes'>,
  type: unknown,
): { readonly id: string; readonly pages: PageRule } {
  const name = typeof type === 'string' ? normalizedType(type) : '';
  const known = fileTypes.find(({ id, aliases }) => id === name || aliases.includes(name));
  return known ?? { id: name.slice(name.lastIndexOf('/') + 1), pages: 'given' };
}

// The message does not repeat the type: it may contain a document's name by mistake, and refusals must not have details.
function unknownType(pageRules: ReadonlyMap<string, PageRule>, index: number): FieldProblem {
  const known = [...pageRules.keys()].filter((type) => !type.includes('/')).join(', ');
  return problem(
    `usage.files[${index}].type`,
    'unknown',
    `This is no file type of the catalog. Use one of: ${known}, or its media type.`,
  );
}

/** The pages, or 0 and a problem. The message does not show the input, which may have no text form. */
function pagesOf(rules: CountingRules, pages: unknown, field: string, problems: FieldProblem[]): number {
  if (typeof pages !== 'number' || !Number.isInteger(pages)) {
    problems.push(problem(field, 'integer', 'Give pages as a whole number.'));
  } else if (pages < rules.minPages) {
    problems.push(problem(field, 'min', `Pages must be ${rules.minPages} or more.`));
  } else {
    return pages;
  }
  return 0;
}

function mismatch(total: number, counted: number): FieldProblem {
  return problem(
    'usage.pages',
    'mismatch',
    `usage.pages says ${total}, the files count ${counted}: leave usage.pages out or correct it.`,
  );
}

/** The problem of a usage with more pages, in total, than `maxPagesPerJob`. Other problems are ignored. */
export function tooManyPages(
  { maxPagesPerJob: maximum }: Pick<Catalog, 'maxPagesPerJob'>,
  usage: Usage | null | undefined,
): FieldProblem | undefined {
  const total = numberOr0(usage?.pages);
  if (total > maximum) return tooLong('usage.pages', total, maximum);
  const files: unknown = usage?.files;
  if (!Array.isArray(files)) return undefined;
  let sum = 0;
  for (let index = 0; index < files.length; index++) {
    const pages = numberOr0((files[index] as UsageFile | null | undefined)?.pages);
    if (pages > maximum) return tooLong(`usage.files[${index}].pages`, pages, maximum);
    sum += pages;
  }
  return sum > maximum ? tooLong('usage.files', sum, maximum) : undefined;
}

const numberOr0 = (value: unknown): number => (Number.isInteger(value) ? (value as number) : 0);

const tooLong = (field: string, pages: number, maximum: number): FieldProblem =>
  problem(
    field,
    'max',
    `The job has ${pages} pages, a job may have ${maximum} (maxPagesPerJob of the catalog): split it into several jobs.`,
  );

export function problem(field: string, rule: string, message: string): FieldProblem {
  return { field, rule, message };
}
