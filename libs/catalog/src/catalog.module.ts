import { readFileSync } from 'node:fs';
import { Module } from '@nestjs/common';
import { type Catalog, describeProblems, parseCatalog } from '@tallystick/domain/catalog';
import { CONFIGURATION, type SettingValues, text } from '@tallystick/hosting';
import { StartupError } from '@tallystick/runtime';

/** Declared by each service that imports `CatalogModule`. */
export const CATALOG_SETTINGS = {
  catalog: text(
    {
      name: 'TALLY_CATALOG',
      default: 'catalogs/iteration-layer.yaml',
      isInstalled: true,
      purpose: 'The catalog: what is sold, at which rates. The default shows the most: trials, plans, pay-as-you-go.',
    },
    'the path of a catalog file (YAML)',
  ),
} as const;

/** The token of the running catalog, a `Catalog`. */
export const CATALOG = Symbol('CATALOG');

/** Loads the catalog once for all services of the process that import it. */
@Module({
  providers: [{ provide: CATALOG, inject: [CONFIGURATION], useFactory: loadCatalog }],
  exports: [CATALOG],
})
export class CatalogModule {}

/** Throws StartupError with every problem of the file, one per line. */
function loadCatalog({ catalog: file }: SettingValues<typeof CATALOG_SETTINGS>): Catalog {
  const parsed = parseCatalog(contentOf(file), file);
  if (parsed.ok) return parsed.catalog;
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
