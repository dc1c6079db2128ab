import type { Catalog, Plan } from '@tallystick/domain/catalog';
import type { Policy } from '../policy';
import type { Ledger } from '../state/ledger';

/** A sentence with the ways to get more credits: only offers of the catalog in the organization's currency that it does not have yet. */
export function creditAdvice(catalog: Catalog, ledger: Ledger): string {
  const { plans, topUps, overage } = catalog;
  const current = planOf(catalog, ledger);
  const isSold = ({ prices }: Pick<Plan, 'prices'>) => prices.has(ledger.currency);
  const isLarger = (plan: Plan) => isSold(plan) && plan.credits > (current?.credits ?? 0);
  const hasTiers = overage?.tiers.has(ledger.currency) === true;
  const isSubscribed = current !== undefined && current.id !== catalog.defaultPlan;
  const offered = [
    topUps.some(isSold) && 'buy a top-up',
    plans.some(isLarger) && (isSubscribed ? 'change to a larger plan' : 'subscribe to a plan'),
    hasTiers && !isSubscribed && overage.payAsYouGo && 'choose pay-as-you-go',
    hasTiers && isSubscribed && overage.autoOverage && 'turn on auto overage',
  ];
  return sentence(offered, catalog);
}

/** A sentence with the next steps when a limit of the plan is reached. */
export function limitAdvice({ catalog }: Policy, ledger: Ledger, limit: string, maximum: number): string {
  const isLarger = ({ limits, prices }: Plan) =>
    prices.has(ledger.currency) && (limits.get(limit) ?? Infinity) > maximum;
  const { kind } = catalog.limits.get(limit)!;
  const isDefault = planOf(catalog, ledger)?.id === catalog.defaultPlan;
  return sentence(
    [
      catalog.plans.some(isLarger) && (isDefault ? 'subscribe to a larger plan' : 'change to a larger plan'),
      kind === 'counter' ? 'wait for the next billing period' : 'use less of it',
    ],
    catalog,
  );
}

const planOf = ({ plans, defaultPlan }: Catalog, { plan = defaultPlan }: Ledger): Plan | undefined =>
  plans.find(({ id }) => id === plan);

const OR = new Intl.ListFormat('en', { type: 'disjunction' });

function sentence(offered: readonly (string | false)[], { links }: Catalog): string {
  const ways = offered.filter((way) => way !== false);
  if (ways.length === 0) return `Ask for more at ${links.supportEmail ?? links.billingUrl}.`;
  const text = OR.format(ways);
  return `${text[0]!.toUpperCase()}${text.slice(1)}.`;
}
