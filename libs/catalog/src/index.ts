export { CATALOG, CATALOG_SETTINGS, CATALOG_TEXT, CatalogModule, type CatalogConfiguration } from './catalog.module';
export type { CatalogText } from './catalog-file';
export {
  appendRecord,
  CATALOG_STREAM,
  catalogVersionOf,
  chosenCatalog,
  type CatalogVersion,
  type ChosenCatalog,
  versionsStreamOf,
} from './catalog-records';
export { CatalogVersions } from './catalog-versions';
