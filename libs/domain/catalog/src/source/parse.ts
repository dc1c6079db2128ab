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

/** From the text of a catalog file to a catalog, or to all that is wrong with it. Never throws. */
export function parseCatalog(text: string, fileName = 'catalog.yaml'): ParsedCatalog {
  const source = readYaml(text, fileName);
  if (!source.ok) return { ok: false, problems: source.problems };
  const complaints: SourceProblem[] = [];
  const root = new SourcePath(complaints);
  const sections = readSections(source.value, root);
  checkReferences(sections, root);
  if (complaints.length === 0) return { ok: true, catalog: buildCatalog(sections as Sections) };
  const problems = complaints.map(source.locate);
  return { ok: false, problems: problems.sort((a, b) => a.line - b.line || a.column - b.column) };
}
