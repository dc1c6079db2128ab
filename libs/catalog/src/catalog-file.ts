import { readFileSync } from 'node:fs';
import { type Catalog, describeProblems, parseCatalog } from '@tallystick/domain/catalog';
import { StartupError } from '@tallystick/runtime';

/** A catalog with the text that it was parsed from. */
export interface CatalogText {
  readonly catalog: Catalog;
  readonly source: string;
}

/** Throws StartupError with every problem of the file, one per line. */
export function readCatalogFile(file: string): CatalogText {
  return parsedText(contentOf(file), file);
}

/** Throws StartupError with every problem of the text, one per line. */
export function parsedText(source: string, name: string): CatalogText {
  const parsed = parseCatalog(source, name);
  if (parsed.ok) return { catalog: parsed.catalog, source };
  throw new StartupError(`The catalog cannot be used:\n${describeProblems(parsed.problems)}`);
}

function contentOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const reason = code === 'ENOENT' ? 'there is no such file' : `it cannot be read (${code})`;
    throw new StartupError(`TALLY_CATALOG is "${file}": ${reason}.`);
  }
}
