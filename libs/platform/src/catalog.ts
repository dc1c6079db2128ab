import { readFileSync } from 'node:fs';
import { type Catalog, describeProblems, parseCatalog } from '@tallystick/domain/catalog';
import { StartupError } from '@tallystick/runtime';

/** Throws StartupError with every problem of the file, one a line. */
export function loadCatalog(file: string): Catalog {
  const parsed = parseCatalog(textOf(file), file);
  if (parsed.ok) return parsed.catalog;
  throw new StartupError(`The catalog cannot be used:\n${describeProblems(parsed.problems)}`);
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const reason = code === 'ENOENT' ? 'there is no such file' : `it cannot be read (${code})`;
    throw new StartupError(`TALLY_CATALOG is "${file}": ${reason}.`);
  }
}
