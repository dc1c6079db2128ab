export { CATALOG, CATALOG_SETTINGS, CatalogModule } from './catalog.module';
