import { Logger, Module } from '@nestjs/common';
import { type Catalog, catalogWarnings } from '@tallystick/domain/catalog';
import { EventStore } from '@tallystick/eventing';
import { CONFIGURATION, type SettingValues, text } from '@tallystick/hosting';
import { type CatalogText, parsedText, readCatalogFile } from './catalog-file';
import { chosenCatalog, recordedVersions, referenceOf } from './catalog-records';

/** Declared by each service that imports `CatalogModule`. */
export const CATALOG_SETTINGS = {
  catalog: text(
    {
      name: 'TALLY_CATALOG',
      default: 'catalogs/iteration-layer.yaml',
      isInstalled: true,
      purpose:
        'The catalog: what is sold, at which rates. The default shows the most: trials, plans, pay-as-you-go. Unset on a log of another catalog: the version that the log recorded last.',
    },
    'the path of a catalog file (YAML)',
  ),
} as const;

/** The settings that choose the catalog. */
export type CatalogConfiguration = SettingValues<typeof CATALOG_SETTINGS> & {
  /** Names of the settings that have a value of their own, not the default. */
  readonly chosen: ReadonlySet<string>;
  /** Runs with the catalog that the log recorded last, unless one is chosen, and records none: for tools that open a log. */
  readonly keepsCatalog?: boolean;
};

/** The token of the running catalog, a `Catalog`. */
export const CATALOG = Symbol('CATALOG');
/** The token of the running catalog with its text, a `CatalogText`. */
export const CATALOG_TEXT = Symbol('CATALOG_TEXT');

/** Loads the catalog once for all services of the process that import it. */
@Module({
  providers: [
    {
      provide: CATALOG_TEXT,
      inject: [CONFIGURATION, { token: EventStore, optional: true }],
      useFactory: loadCatalog,
    },
    { provide: CATALOG, inject: [CATALOG_TEXT], useFactory: ({ catalog }: CatalogText): Catalog => catalog },
  ],
  exports: [CATALOG, CATALOG_TEXT],
})
export class CatalogModule {}

async function loadCatalog(configuration: CatalogConfiguration, store?: EventStore): Promise<CatalogText> {
  const file = readCatalogFile(configuration.catalog);
  const isChosen = configuration.chosen.has(CATALOG_SETTINGS.catalog.name);
  const loaded = (isChosen || store === undefined ? undefined : await ofLog(store, file, configuration)) ?? file;
  const log = new Logger('Catalog');
  for (const warning of catalogWarnings(loaded.catalog)) log.warn(warning);
  return loaded;
}

/** The catalog that the log recorded last. Undefined where the file has its id, so that changes of the file take effect. */
async function ofLog(
  store: EventStore,
  { catalog }: CatalogText,
  { keepsCatalog = false }: CatalogConfiguration,
): Promise<CatalogText | undefined> {
  const id = await chosenCatalog(store);
  if (id === undefined || (id === catalog.id && !keepsCatalog)) return undefined;
  const version = (await recordedVersions(store, id)).at(-1);
  return version && parsedText(version.source, `${referenceOf(version)} of the log`);
}
