import type { SourcePath } from './read';
import { refuseRepeats } from './read';
import type { PlanEntry } from './read-plans';
import type { Sections } from './sections';
import { checkSelling } from './check-selling';
import { didYouMean } from '@tallystick/domain/kernel';

type Draft = Partial<Sections>;

/** Checks references between sections. A section with problems of its own is missing in `draft` and not checked. */
export function checkReferences(draft: Draft, root: SourcePath): void {
  checkOperationNames(draft, root);
  checkFeatures(draft, root);
  checkTrials(draft, root);
  checkDefaultPlan(draft, root);
  checkPlanLimits(draft, root);
  checkUpgrades(draft, root);
  checkDefaultCurrency(draft, root);
  checkSelling(draft, root);
}

function checkOperationNames({ operations, surcharges, trials, defaultOperation }: Draft, root: SourcePath): void {
  if (operations === undefined) return;
  const known = operations.map(({ id }) => id);
  if (defaultOperation !== undefined) checkKnown(defaultOperation, known, root.at('defaultOperation'), 'operation');
  surcharges?.forEach((surcharge, index) =>
    surcharge.operations?.forEach((id, number) =>
      checkKnown(id, known, root.at('surcharges', index, 'operations', number), 'operation'),
    ),
  );
  trials?.forEach((trial, index) => {
    if (trial.on === 'first-use')
      checkKnown(trial.operation, known, root.at('trials', index, 'operation'), 'operation');
  });
}

function checkKnown(name: string, known: readonly string[], place: SourcePath, what: string): void {
  if (!known.includes(name))
    place.refuse(`is no ${what} of this catalog${didYouMean(name, known)} (known: ${known.join(', ')})`);
}

/** A feature may have only one surcharge per operation, otherwise it would be charged twice. */
function checkFeatures({ operations, surcharges }: Draft, root: SourcePath): void {
  for (const { id } of operations ?? []) {
    const owner = new Map<string, string>();
    surcharges?.forEach((surcharge, index) => {
      if (surcharge.operations !== undefined && !surcharge.operations.includes(id)) return;
      surcharge.features.forEach((feature, number) => {
        const other = owner.get(feature);
        if (other !== undefined)
          root.at('surcharges', index, 'features', number).refuse(`is charged on ${id} by ${other} already`);
        owner.set(feature, surcharge.id);
      });
    });
  }
}

function checkTrials({ trials = [] }: Draft, root: SourcePath): void {
  const once = trials.map((trial) => (trial.on === 'first-use' ? trial.operation : trial.on));
  refuseRepeats(once, root.at('trials'));
}

function checkDefaultPlan({ plans, defaultPlan, limits }: Draft, root: SourcePath): void {
  if (plans === undefined) return;
  if (defaultPlan === undefined) {
    if (limits !== undefined && limits.size > 0)
      root.at('defaultPlan').refuse('is missing: name the free plan whose limits hold without a package');
    return;
  }
  checkKnown(
    defaultPlan,
    plans.map(({ id }) => id),
    root.at('defaultPlan'),
    'plan',
  );
  const plan = plans.find(({ id }) => id === defaultPlan);
  if (plan !== undefined && plan.prices.size > 0)
    root.at('defaultPlan').refuse('must be a plan without prices: it holds where nothing was bought');
}

function checkPlanLimits({ plans, limits }: Draft, root: SourcePath): void {
  if (limits === undefined) return;
  const known = [...limits.keys()];
  plans?.forEach((plan, index) => {
    const place = root.at('plans', index, 'limits');
    for (const name of plan.limits.keys()) checkKnown(name, known, place.at(name), 'limit');
    const missing = known.filter((name) => !plan.limits.has(name));
    if (missing.length > 0) place.refuse(`must say ${missing.join(', ')}: a number, or unlimited`);
  });
}

/** Of two plans with the same period, the more expensive one must not have lower limits or fewer credits. */
function checkUpgrades({ plans = [] }: Draft, root: SourcePath): void {
  plans.forEach((expensive, index) => {
    const found = new Set<string>();
    for (const cheaper of plans) {
      if (!isMoreExpensive(expensive, cheaper)) continue;
      for (const [name, limit] of allowances(cheaper)) {
        if ((allowances(expensive).get(name) ?? Infinity) >= limit || found.has(name)) continue;
        found.add(name);
        const place = name === 'credits' ? root.at('plans', index, 'credits') : root.at('plans', index, 'limits', name);
        place.refuse(
          `must not be below ${limit === Infinity ? 'unlimited' : limit}, which the cheaper plan ${cheaper.id} has`,
        );
      }
    }
  });
}

function isMoreExpensive(plan: PlanEntry, other: PlanEntry): boolean {
  if (other.prices.size === 0) return plan.prices.size > 0;
  const isSamePeriod = plan.period.unit === other.period.unit && plan.period.length === other.period.length;
  return (
    isSamePeriod &&
    [...plan.prices].some(([currency, { amount }]) => amount > (other.prices.get(currency)?.amount ?? Infinity))
  );
}

const allowances = ({ credits, limits }: PlanEntry): ReadonlyMap<string, number> =>
  new Map([...limits, ['credits', credits]]);

function checkDefaultCurrency({ defaults, currencies }: Draft, root: SourcePath): void {
  const currency = defaults?.currency;
  if (currency === undefined || currencies === undefined) return;
  checkKnown(currency, [...currencies.keys()], root.at('defaults', 'currency'), 'currency');
}
