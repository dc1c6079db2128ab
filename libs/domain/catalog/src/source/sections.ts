import type { Defaults } from '../catalog';
import { fields, isMapping, listOf, object, optional, SourcePath, refuseRepeats, required, withDefault } from './read';
import type { FieldReader, ObjectValue } from './read';
import { burnDownOrder, fileTypes, MAX_TIMEOUT_SECONDS, operations, surcharges, trials } from './read-operations';
import { overage } from './read-overage';
import { currencies, limits, plans, topUps } from './read-plans';
import type { Currencies } from './read-plans';
import { sellingShape } from './read-selling';
import { currencyCode, identifier, instant, whole } from './scalars';

const DEFAULT_TIMEOUT_SECONDS = 3600;
const DEFAULT_MAX_CREDITS_PER_JOB = 10_000_000;
const DEFAULT_MAX_PAGES_PER_JOB = 1_000_000;
const DEFAULT_RETENTION_DAYS = 7;

const readThresholds = listOf(whole());
const alertThresholds: FieldReader<readonly number[]> = (value, place) => {
  if (Array.isArray(value)) refuseRepeats(value, place);
  return readThresholds(value, place);
};

const NO_DEFAULTS: Defaults = { retentionDays: DEFAULT_RETENTION_DAYS, alertThresholds: [] };
const defaults: FieldReader<Defaults> = object({
  retentionDays: withDefault(whole(0, 3650), DEFAULT_RETENTION_DAYS),
  budgetCap: optional(whole()),
  alertThresholds: withDefault(alertThresholds, []),
  currency: optional(currencyCode),
});

/** Every key of a catalog file. */
function shape(known: Currencies | undefined) {
  return {
    id: required(identifier),
    version: required(identifier),
    effectiveAt: required(instant),
    operations: required(operations),
    surcharges: withDefault(surcharges, []),
    fileTypes: withDefault(fileTypes, []),
    defaultOperation: optional(identifier),
    maxCreditsPerJob: withDefault(whole(1), DEFAULT_MAX_CREDITS_PER_JOB),
    maxPagesPerJob: withDefault(whole(1), DEFAULT_MAX_PAGES_PER_JOB),
    reservationTimeoutSeconds: withDefault(whole(1, MAX_TIMEOUT_SECONDS), DEFAULT_TIMEOUT_SECONDS),
    burnDownOrder: required(burnDownOrder),
    trials: withDefault(trials, []),
    currencies: withDefault(currencies, new Map() as Currencies),
    limits: withDefault(limits, new Map()),
    plans: withDefault(plans(known), []),
    defaultPlan: optional(identifier),
    topUps: withDefault(topUps(known), []),
    overage: optional(overage(known)),
    ...sellingShape(known),
    defaults: withDefault(defaults, NO_DEFAULTS),
  };
}

export type Sections = ObjectValue<ReturnType<typeof shape>>;

/** The sections without problems. The problems of the others are reported. */
export function readSections(value: unknown, root: SourcePath): Partial<Sections> {
  const declared = isMapping(value) && value['currencies'] != null ? value['currencies'] : {};
  // Prices are read with their currencies. Problems of the currencies are reported when their own section is read.
  return fields(shape(currencies(declared, new SourcePath([]))), value, root);
}
