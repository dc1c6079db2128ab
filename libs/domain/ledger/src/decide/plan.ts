import type { CommandOf, LedgerDecision } from '../commands';
import type { Policy } from '../policy';
import type { Grant } from '../state/balance';
import { trialGrantId } from '../state/grant-ids';
import { anchorOf, type Ledger } from '../state/ledger';
import { isSame } from './rated-fields';
import { DONE, decisionTime, invalidCommand, recorder } from './recorder';

/**
 * A new subscription sets a new billing anchor, a change of plan keeps it. A subscription ends the trials that the catalog ends with
 * it; an operation that is first used later still gets its trial. Overage is reset where it does not fit: `auto` requires a plan,
 * `pay-as-you-go` excludes one.
 */
export function setPlan(policy: Policy, command: CommandOf<'SetPlan'>, ledger: Ledger): LedgerDecision {
  const { plan } = command;
  const chosen = policy.catalog.plans.find(({ id }) => id === plan);
  if (plan !== undefined && !chosen) return unknownPlan(policy, plan);
  const keepsAnchor = plan === ledger.plan || isSubscription(policy, ledger.plan);
  const anchor = command.anchor ?? (keepsAnchor ? ledger.anchor.start : decisionTime(command, ledger));
  const periodDays = chosen?.period.unit === 'day' ? chosen.period.length : undefined;
  if (plan === ledger.plan && (!plan || isSame(ledger.anchor, anchorOf(anchor, periodDays))))
    return { events: [], answer: DONE };
  const record = recorder(command, ledger);
  const outdated = plan === undefined ? 'auto' : 'pay-as-you-go';
  return {
    events: [
      record('PlanSet', plan === undefined ? {} : { plan, anchor, periodDays }),
      ...(ledger.overage === outdated ? [record('OverageSet', { overage: 'none' })] : []),
      ...endingTrials(policy, plan, ledger).map(({ grantId, available }) =>
        record('CreditsExpired', { grantId, credits: available }),
      ),
    ],
    answer: DONE,
  };
}

/** The catalog's default plan applies without a subscription, so it is none. */
const isSubscription = ({ catalog }: Policy, plan: string | undefined): boolean =>
  plan !== undefined && plan !== catalog.defaultPlan;

function endingTrials(policy: Policy, plan: string | undefined, ledger: Ledger): Grant[] {
  if (!isSubscription(policy, plan) || isSubscription(policy, ledger.plan)) return [];
  const ids = new Set(policy.catalog.trials.filter((trial) => trial.expiresOnPlan).map(trialGrantId));
  return [...ledger.balance.grants.values()].filter(({ grantId, ended }) => ids.has(grantId) && ended === undefined);
}

export function setOverage({ catalog }: Policy, command: CommandOf<'SetOverage'>, ledger: Ledger): LedgerDecision {
  const { overage } = command;
  if (overage === ledger.overage) return { events: [], answer: DONE };
  const isOffered =
    overage === 'none' || (overage === 'auto' ? catalog.overage?.autoOverage : catalog.overage?.payAsYouGo);
  if (!isOffered)
    return invalidCommand(
      'overage',
      'offered',
      `The catalog does not offer ${overage === 'auto' ? 'auto overage' : 'pay-as-you-go'}.`,
    );
  if (overage !== 'none' && !catalog.overage?.tiers.has(ledger.currency))
    return invalidCommand(
      'overage',
      'currency',
      `The catalog has no overage prices in ${ledger.currency}, the organization's currency.`,
    );
  if (overage === 'auto' && ledger.plan === undefined)
    return invalidCommand('overage', 'plan', 'Auto overage needs a plan. Subscribe to one first.');
  return { events: [recorder(command, ledger)('OverageSet', { overage })], answer: DONE };
}

export const hasPlan = ({ catalog }: Policy, plan: string): boolean => catalog.plans.some(({ id }) => id === plan);
export const unknownPlan = ({ catalog }: Policy, plan: string): LedgerDecision =>
  invalidCommand(
    'plan',
    'known',
    `The catalog has no plan ${plan}; it has ${catalog.plans.map(({ id }) => id).join(', ') || 'none'}.`,
  );
