import { isInstant, wholeSecond, type Anchor, type Instant } from '@tallystick/domain/kernel';
import type { CommandOf, LedgerDecision } from '../commands';
import type { LedgerEvent } from '../events';
import type { Policy } from '../policy';
import type { Grant } from '../state/balance';
import { anchorOf, billingPeriod, nextClose } from '../state/billing-terms';
import { trialGrantId } from '../state/grant-ids';
import type { Ledger } from '../state/ledger';
import { endGrace, expire, subscriptionPackages } from './packages';
import { isSame } from './rated-fields';
import { DONE, decisionTime, invalidCommand, recorder, type Recorder } from './recorder';

export interface PlanChange {
  readonly plan?: string;
  readonly anchor: Anchor;
  /** Where a new anchor cuts the current period. */
  readonly at: Instant;
  readonly invoiceLineId?: string;
}

/** Closes the period that ends with the change, or that a new anchor cuts. */
export function closeBefore(record: Recorder, ledger: Ledger, { anchor, at }: PlanChange): LedgerEvent[] {
  if (nextClose(ledger) === at) return [record('PeriodClosed', ledger.openPeriod)];
  if (isSame(anchor, ledger.anchor) || at <= ledger.openPeriod.start) return [];
  const { start } = billingPeriod(ledger, at);
  return start < at ? [record('PeriodClosed', { start, end: at })] : [];
}

export function planSet(record: Recorder, { plan, anchor, invoiceLineId }: PlanChange): LedgerEvent {
  if (plan === undefined) return record('PlanSet', {});
  const periodDays = anchor.length === 'month' ? undefined : anchor.length.days;
  return record('PlanSet', { plan, anchor: anchor.start, periodDays, invoiceLineId });
}

/**
 * The trials and the overage that a change of plan ends: trials that the catalog ends with a subscription, and overage that does not fit, since `auto` requires
 * a plan and `pay-as-you-go` excludes one. A trial whose operation is first used later is still granted.
 */
export function endsWithPlan(
  policy: Policy,
  record: Recorder,
  plan: string | undefined,
  ledger: Ledger,
): LedgerEvent[] {
  const outdated = plan === undefined ? 'auto' : 'pay-as-you-go';
  return [
    ...expire(record, endingTrials(policy, plan, ledger)),
    ...(ledger.overage === outdated ? [record('OverageSet', { overage: 'none' })] : []),
  ];
}

/** A new subscription sets a new billing anchor, a change of plan keeps it. */
export function setPlan(policy: Policy, command: CommandOf<'SetPlan'>, ledger: Ledger): LedgerDecision {
  const { plan } = command;
  if (plan !== undefined && !hasPlan(policy, plan)) return unknownPlan(policy, plan);
  const keepsAnchor = plan === ledger.plan || isSubscription(policy, ledger.plan);
  const at = wholeSecond(decisionTime(command, ledger));
  const anchor = anchorFor(policy, plan, command.anchor ?? (keepsAnchor ? ledger.anchor.start : at));
  if (plan === ledger.plan && (!plan || isSame(ledger.anchor, anchor))) return { events: [], answer: DONE };
  const record = recorder(command, ledger);
  const change = { plan, anchor, at };
  return {
    events: [
      ...closeBefore(record, ledger, change),
      planSet(record, change),
      ...endsWithPlan(policy, record, plan, ledger),
    ],
    answer: DONE,
  };
}

/** Schedules a change of plan, or makes it now if its time has come. An organization without a plan has nothing to change. */
export function schedulePlan(policy: Policy, command: CommandOf<'SchedulePlan'>, ledger: Ledger): LedgerDecision {
  const { at, plan } = command;
  const { scheduled } = ledger;
  if (at !== undefined && !isInstant(at))
    return invalidCommand('at', 'time', 'Give a time, such as 2030-01-31T00:00:00.000Z, or none.');
  if (plan !== undefined && !hasPlan(policy, plan)) return unknownPlan(policy, plan);
  const now = decisionTime(command, ledger);
  const record = recorder(command, ledger);
  if (at === undefined ? scheduled === undefined : ledger.plan === undefined) return { events: [], answer: DONE };
  if (at !== undefined && at <= now) {
    const events = plan === ledger.plan ? [] : changeEvents(policy, record, ledger, plan, wholeSecond(now));
    return { events, answer: DONE };
  }
  if (scheduled !== undefined && scheduled.at === at && scheduled.plan === plan) return { events: [], answer: DONE };
  return { events: [record('PlanScheduled', at === undefined ? {} : { at, plan })], answer: DONE };
}

/**
 * The change to another plan, or to none, at `at`: the period ends, then the plan starts. The end of a subscription ends its
 * packages at their expiry, because no renewal is to come.
 */
export function changeEvents(
  policy: Policy,
  record: Recorder,
  ledger: Ledger,
  plan: string | undefined,
  at: Instant,
): LedgerEvent[] {
  const change = { plan, anchor: laterAnchor(policy, plan, ledger, at), at };
  const packages = plan === undefined ? subscriptionPackages(ledger) : [];
  const isPast = ({ expiresAt }: Grant) => expiresAt !== undefined && expiresAt <= at;
  const ending = new Set([...ledger.burnDown.expiring(at), ...packages.filter(isPast)]);
  return [
    ...closeBefore(record, ledger, change),
    ...expire(record, [...ending]),
    ...endGrace(
      record,
      packages.filter((grant) => !ending.has(grant)),
    ),
    planSet(record, change),
    ...endsWithPlan(policy, record, plan, ledger),
  ];
}

/** A plan with periods of the same length keeps the anchor. */
function laterAnchor(policy: Policy, plan: string | undefined, ledger: Ledger, at: Instant): Anchor {
  const kept = anchorFor(policy, plan, ledger.anchor.start);
  return plan === undefined || isSame(kept.length, ledger.anchor.length) ? kept : { ...kept, start: at };
}

export function anchorFor({ catalog }: Policy, plan: string | undefined, start: Instant): Anchor {
  if (plan === undefined) return anchorOf(undefined, undefined);
  const chosen = catalog.plans.find(({ id }) => id === plan);
  return anchorOf(start, chosen?.period.unit === 'day' ? chosen.period.length : undefined);
}
/** The catalog's default plan applies without a subscription, so it is none. */
export const isSubscription = ({ catalog }: Policy, plan: string | undefined): boolean =>
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
