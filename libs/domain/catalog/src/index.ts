// In reading order: what a catalog is, how a job is rated by it, what overage costs, how a file becomes a catalog.
export * from './catalog';
export { rate, rateActual } from './rate';
export { fileTypeOf, tooManyPages } from './usage';
export { unreported } from './limits';
export type { FieldProblem, JobSpec, Rated, Rating, RatingSurcharge, Usage, UsageFile } from './rating';
export { approximateUnitPrice, overageSlices, priceAt, priceOverage, UNIT_PRICE_DECIMALS } from './overage';
export type { OverageSlice } from './overage';
export { catalogView } from './view';
export type { CatalogView } from './view';
export { parseCatalog } from './parse';
export type { ParsedCatalog } from './parse';
export { describeProblems } from './problem';
export type { CatalogProblem } from './problem';
