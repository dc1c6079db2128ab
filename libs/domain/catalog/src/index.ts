// In reading order: the catalog, rating of jobs, prices of overage, parsing of catalog files.
export * from './catalog';
export { rate, rateActual } from './rating/rate';
export { fileTypeOf, tooManyPages } from './rating/usage';
export { unreported } from './rating/limits';
export type { FieldProblem, JobSpec, Rated, Rating, RatingSurcharge, Usage, UsageFile } from './rating/rating';
export {
  approximateUnitPrice,
  overageSlices,
  priceAt,
  priceOverage,
  UNIT_PRICE_DECIMALS,
  unitPriceText,
} from './rating/overage';
export type { OverageSlice } from './rating/overage';
export { catalogWarnings, maxPaymentTermsDays, shortestSoldPeriod } from './selling';
export { catalogView } from './view';
export type { CatalogView } from './view';
export { parseCatalog } from './source/parse';
export type { ParsedCatalog } from './source/parse';
export { describeProblems } from './source/problem';
export type { CatalogProblem } from './source/problem';
