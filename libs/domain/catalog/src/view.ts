import type { Money } from '@tallystick/domain/kernel';
import type { Catalog, LimitDefinition, Operation, Plan, Price, TierTable, TopUp } from './catalog';
import { unitPriceText } from './rating/overage';

export type CatalogView = ReturnType<typeof catalogView>;

/** The catalog as plain JSON: the response of `GET /v1/catalog`. */
export function catalogView(catalog: Catalog) {
  const { id, version, reference, effectiveAt, defaultOperation, defaultPlan, fileTypes, burnDownOrder } = catalog;
  const { trials, moneyBackDays, upgrade, dunning, seller, links, defaults } = catalog;
  const { maxCreditsPerJob, maxPagesPerJob, reservationTimeoutSeconds, tax, minimumCharge } = catalog;
  return {
    id,
    version,
    reference,
    effectiveAt,
    operations: [...catalog.operations.values()].map(operationView),
    ...(defaultOperation !== undefined && { defaultOperation }),
    fileTypes,
    maxCreditsPerJob,
    maxPagesPerJob,
    reservationTimeoutSeconds,
    burnDownOrder,
    trials,
    currencies: [...catalog.currencies.values()],
    plans: catalog.plans.map(planView),
    ...(defaultPlan !== undefined && { defaultPlan }),
    limits: [...catalog.limits.values()] as readonly LimitDefinition[],
    topUps: catalog.topUps.map(topUpView),
    ...(catalog.overage && {
      overage: { ...catalog.overage, tiers: [...catalog.overage.tiers.values()].map(tierView) },
    }),
    moneyBackDays,
    upgrade,
    dunning,
    ...(seller && { seller }),
    tax: { ...(tax.seller !== undefined && { seller: tax.seller }), rates: Object.fromEntries(tax.rates) },
    minimumCharge: [...minimumCharge].map(([currency, amount]): Money => ({ currency, amount })),
    links,
    defaults,
  };
}

function operationView({
  id,
  name,
  unit,
  credits,
  surcharges,
  maxFiles,
  reservationTimeoutSeconds,
  features,
}: Operation) {
  const charged = features.size > 0 && { features: [...features.keys()], surcharges };
  return {
    id,
    name,
    unit,
    credits,
    ...charged,
    ...(unit !== 'request' && { maxFiles }),
    reservationTimeoutSeconds,
  };
}

function planView({ id, name, credits, period, term, prices, limits }: Plan) {
  return {
    id,
    name,
    credits,
    period,
    ...(term && { term }),
    prices: priceList(prices),
    limits: Object.fromEntries(limits),
  };
}

function topUpView({ id, name, credits, prices }: TopUp) {
  return { id, name, credits, prices: priceList(prices) };
}

const priceList = (prices: ReadonlyMap<string, Price>): readonly Price[] => [...prices.values()];

/** Unit prices are decimal texts, so that clients do not parse them as floats. */
function tierView({ currency, tiers }: TierTable) {
  return {
    currency,
    tiers: tiers.map(({ upTo, unitPrice }) => ({
      ...(upTo !== undefined && { upTo }),
      unitPrice: unitPriceText(unitPrice),
    })),
  };
}
