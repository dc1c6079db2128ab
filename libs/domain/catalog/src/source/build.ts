import type { Catalog, Currency, FileType, MinimumCharges, Operation, PageRule, Plan, Surcharge } from '../catalog';
import type { OperationEntry, SurchargeEntry } from './read-operations';
import type { PlanEntry, TopUpEntry } from './read-plans';
import type { Sections } from './sections';

/** Builds the catalog, with maps for the look-ups of rating. */
export function buildCatalog(sections: Sections): Catalog {
  const { operations, surcharges, plans, topUps, tax, reverseCharge, ...rest } = sections;
  const pageRules = pageRulesOf(sections.fileTypes);
  const build = (entry: OperationEntry): Operation => ({
    ...buildOperation(entry, surcharges, sections.reservationTimeoutSeconds),
    ...(pageRules && entry.unit !== 'request' && { pageRules }),
  });
  return {
    ...rest,
    reference: `${sections.id}@${sections.version}`,
    operations: new Map(operations.map((entry) => [entry.id, build(entry)])),
    tax: { rates: new Map(), ...tax, reverseCharge },
    minimumCharge: buildMinimumCharges(sections),
    plans: plans.map(buildPlan),
    topUps: topUps.map((entry: TopUpEntry) => ({ ...entry, name: entry.name ?? entry.id })),
  };
}

function buildOperation(entry: OperationEntry, all: readonly SurchargeEntry[], timeout: number): Operation {
  const { id, unit, credits, maxFiles } = entry;
  const surcharges: Surcharge[] = all
    .filter(({ operations }) => operations === undefined || operations.includes(id))
    .map((surcharge) => ({ id: surcharge.id, credits: surcharge.credits, features: surcharge.features }));
  const features = new Map(
    surcharges.flatMap((surcharge) => surcharge.features.map((feature) => [feature, surcharge] as const)),
  );
  const reservationTimeoutSeconds = entry.reservationTimeoutSeconds ?? timeout;
  return {
    id,
    name: entry.name ?? id,
    unit,
    credits,
    surcharges,
    features,
    maxFiles,
    reservationTimeoutSeconds,
  };
}

function pageRulesOf(fileTypes: readonly FileType[]): ReadonlyMap<string, PageRule> | undefined {
  if (fileTypes.length === 0) return undefined;
  return new Map(fileTypes.flatMap(({ id, aliases, pages }) => [id, ...aliases].map((name) => [name, pages] as const)));
}

function buildPlan(entry: PlanEntry): Plan {
  const limits = new Map([...entry.limits].filter(([, limit]) => limit !== Infinity));
  return { ...entry, name: entry.name ?? entry.id, limits };
}

/** Half a major unit, the least that card processors charge in most currencies; 50 of a currency without decimals. */
function buildMinimumCharges({ currencies, minimumCharge }: Sections): MinimumCharges {
  const standard = ({ digits }: Currency): number => (digits === 0 ? 50 : 5 * 10 ** (digits - 1));
  return new Map(
    [...currencies.values()].map((currency) => [currency.code, minimumCharge.get(currency.code) ?? standard(currency)]),
  );
}
