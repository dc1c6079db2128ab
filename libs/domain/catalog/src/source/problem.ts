/** A problem in a catalog file, with its position. */
export interface CatalogProblem {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** `operations[2].credits`; empty for the file as a whole. */
  readonly path: string;
  readonly message: string;
}

/** One line per problem: `catalogs/x.yaml:12:5 operations[2].credits: must be …`. */
export function describeProblems(problems: readonly CatalogProblem[]): string {
  return problems.map(describe).join('\n');
}

function describe({ file, line, column, path, message }: CatalogProblem): string {
  return `${file}:${line}:${column} ${path === '' ? '' : `${path}: `}${message}`;
}
