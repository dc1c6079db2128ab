import type { Defaults, Dunning, Links } from '../catalog';
import { fields, isMapping, listOf, object, optional, SourcePath, refuseRepeats, required, withDefault } from './read';
import type { FieldReader, ObjectValue } from './read';
import { burnDownOrder, fileTypes, MAX_TIMEOUT_SECONDS, operations, surcharges, trials } from './read-operations';
import { overage } from './read-overage';
import { currencies, limits, plans, topUps } from './read-plans';
import type { Currencies } from './read-plans';
import { currencyCode, emailAddress, identifier, instant, webAddress, whole } from './scalars';

const DEFAULT_TIMEOUT_SECONDS = 3600;
const DEFAULT_MAX_CREDITS_PER_JOB = 10_000_000;
const DEFAULT_MAX_PAGES_PER_JOB = 1_000_000;
const DEFAULT_RETENTION_DAYS = 7;
const DEFAULT_MONEY_BACK_DAYS = 14;

const links: FieldReader<Links> = object({
  billingUrl: required(webAddress),
  supportEmail: optional(emailAddress),
  salesEmail: optional(emailAddress),
  privacyEmail: optional(emailAddress),
});

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

const readRetries = listOf(whole(1, 90));
const retryAfterDays: typeof readRetries = (value, place) => {
  const days = readRetries(value, place);
  const wrong = days?.findIndex((day, index) => day <= (days[index - 1] ?? 0)) ?? -1;
  return wrong === -1 ? days : place.at(wrong).refuse('must be later than the retry before it');
};
const STANDARD_DUNNING: Dunning = { retryAfterDays: [1, 3, 7] };
const dunning: FieldReader<Dunning> = object({ retryAfterDays: required(retryAfterDays) });

/** Every key of a catalog file, in the order of the file. */
function shape(known: Currencies | undefined) {
  return {
    id: required(identifier),
    version: required(identifier),
    effectiveAt: required(instant),
    links: required(links),
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
    moneyBackDays: withDefault(whole(0, 365), DEFAULT_MONEY_BACK_DAYS),
    dunning: withDefault(dunning, STANDARD_DUNNING),
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
