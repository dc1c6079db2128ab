import type { LimitDefinition } from '@tallystick/domain/catalog';
import type { CapTarget } from '../events';
import type { Policy } from '../policy';
import { capKey, limitKey, REQUESTS, type Ledger } from '../state/ledger';

/** The cap that was set. A project without one has the catalog's default cap, if there is one. */
export const budgetCapOf = ({ catalog }: Policy, ledger: Ledger, target: CapTarget): number | undefined =>
  ledger.caps.get(capKey(target)) ?? ('projectId' in target ? catalog.defaults.budgetCap : undefined);

/** The plan's limits that can block jobs, in the plan's order, with their use in the billing period. */
export function* jobLimits({ catalog }: Policy, ledger: Ledger, projectId: string, period: string) {
  const planId = ledger.plan ?? catalog.defaultPlan;
  const plan = catalog.plans.find(({ id }) => id === planId);
  for (const [limit, maximum] of plan?.limits ?? []) {
    const definition = catalog.limits.get(limit);
    if (definition && (definition.counts === 'reservations' || definition.blocksJobs))
      yield { limit, maximum, used: usedOf(ledger, definition, projectId, period) };
  }
}

function usedOf(ledger: Ledger, definition: LimitDefinition, projectId: string, period: string): number {
  const name = definition.counts === 'reservations' ? REQUESTS : definition.id;
  const count = ledger.reported.get(limitKey(name, definition.scope === 'project' ? projectId : undefined));
  return count === undefined || (definition.kind === 'counter' && count.period !== period) ? 0 : count.value;
}
