import { buildCatalog } from './build';
import type { Catalog } from '../catalog';
import { checkReferences } from './check';
import type { CatalogProblem } from './problem';
import { SourcePath } from './read';
import type { SourceProblem } from './read';
import { readSections } from './sections';
import type { Sections } from './sections';
import { readYaml } from './yaml-source';

export type ParsedCatalog =
  | { readonly ok: true; readonly catalog: Catalog }
  | { readonly ok: false; readonly problems: readonly CatalogProblem[] };

/** Parses the text of a catalog file. Returns all problems in the order of the file. Never throws. */
export function parseCatalog(text: string, fileName = 'catalog.yaml'): ParsedCatalog {
  const source = readYaml(text, fileName);
  if (!source.ok) return { ok: false, problems: source.problems };
  const found: SourceProblem[] = [];
  const root = new SourcePath(found);
  const sections = readSections(source.value, root);
  checkReferences(sections, root);
  if (found.length === 0) return { ok: true, catalog: buildCatalog(sections as Sections) };
  const problems = found.map(source.locate);
  return { ok: false, problems: problems.sort((a, b) => a.line - b.line || a.column - b.column) };
}
