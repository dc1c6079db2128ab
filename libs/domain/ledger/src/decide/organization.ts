import { unreported } from '@tallystick/domain/catalog';
import { isCredits, isId, isInstant, MAX_CREDITS, plural, plusMilliseconds } from '@tallystick/domain/kernel';
import type { Answer, CommandOf, Decided, Refusal } from '../commands';
import { isOwnGrantId, nowOf, OWN_GRANT_IDS, recorder, refused, windowMilliseconds, type Policy } from '../policy';
import type { Grant } from '../state/balance';
import { isSame } from './rated-fields';
import { anchorOf, billingPeriod, capKey, limitKey, type GivenGrant, type Ledger } from '../state/ledger';

const done: Answer = { kind: 'done' };
const invalid = (field: string, rule: string, message: string): Decided =>
  refused({ code: 'invalid_command', field, rule, message } satisfies Refusal);

export function open(policy: Policy, command: CommandOf<'OpenOrganization'>, ledger: Ledger): Decided {
  if (ledger.opened) return { events: [], answer: { kind: 'done', repeated: { revision: 0 } } };
  const { plan, ...common } = command;
  const currencies = [...policy.catalog.currencies.keys()];
  // A catalog without prices says nothing of currencies.
  if (currencies.length > 0 && !currencies.includes(command.currency))
    return invalid('currency', 'known', `The catalog has prices in ${currencies.join(', ')}. Choose one of these.`);
  if (plan !== undefined && !hasPlan(policy, plan)) return unknownPlan(policy, plan);
  return {
    events: [recorder(command, ledger)('OrganizationOpened', { currency: command.currency })],
    answer: done,
    then: plan === undefined ? undefined : { ...common, type: 'SetPlan', plan },
  };
}

export function grant(policy: Policy, command: CommandOf<'GrantCredits'>, ledger: Ledger): Decided {
  const { grantId, formerGrantId, kind, credits, scope, expiresAt, reason } = command;
  // Also where it was given: a grant by rule is not repeated by hand.
  if (isOwnGrantId(grantId))
    return invalid(
      'grantId',
      'reserved',
      `Ids that start with ${OWN_GRANT_IDS.join(', ')} are kept for grants that are given by a rule. Choose another id.`,
    );
  const given = ledger.given.get(grantId) ?? ledger.given.get(formerGrantId ?? grantId);
  if (given) return regrant(command, given);
  if (!isId(grantId))
    return invalid(
      'grantId',
      'id',
      'The id of a grant has letters, digits, dots, underscores, colons and hyphens only.',
    );
  if (!isCredits(credits) || credits < 1)
    return invalid('credits', 'range', `Give a whole number of credits from 1 to ${MAX_CREDITS}.`);
  if (kind === 'pay-as-you-go')
    return invalid('kind', 'grantable', 'Pay-as-you-go credits are granted by the ledger itself, job by job.');
  if (expiresAt !== undefined && (!isInstant(expiresAt) || expiresAt <= nowOf(command, ledger)))
    return invalid('expiresAt', 'future', 'Choose a time that is still to come, such as 2030-01-31T00:00:00.000Z.');
  if (kind === 'package' && expiresAt === undefined)
    return invalid(
      'expiresAt',
      'required',
      'A package ends with its period. Give the time at which this one ends, such as 2030-01-31T00:00:00.000Z.',
    );
  if (scope?.length === 0) return invalid('scope', 'empty', 'Name at least one operation, or leave the scope out.');
  const unknown = scope?.find((operation) => !policy.catalog.operations.has(operation));
  if (unknown !== undefined) return invalid('scope', 'operation', `The catalog has no operation ${unknown}.`);
  if (ledger.balance.granted + credits > Number.MAX_SAFE_INTEGER / 2)
    return invalid('credits', 'total', 'The organization cannot hold that many credits.');
  return {
    events: [recorder(command, ledger)('CreditsGranted', { grantId, kind, credits, scope, expiresAt, reason })],
    answer: done,
  };
}

function regrant(command: CommandOf<'GrantCredits'>, given: GivenGrant): Decided {
  if (isSame(whatIsGiven(command), whatIsGiven(given)))
    return { events: [], answer: { kind: 'done', repeated: { revision: given.revision } } };
  const message = `Grant ${command.grantId} was given before as ${described(given)}. Use a new id for a new grant.`;
  return refused({ code: 'grant_conflict', field: 'grantId', rule: 'sameGrant', message });
}

/** A reason is a text for people, and may be put otherwise; operations are a set. */
const whatIsGiven = ({ kind, credits, scope, expiresAt }: Omit<GivenGrant, 'revision'>) => ({
  ...{ kind, credits, expiresAt },
  scope: scope && [...new Set(scope)].sort(),
});

function described({ kind, credits, scope, expiresAt }: GivenGrant): string {
  const operations = scope === undefined ? 'all operations' : scope.join(', ');
  const end = expiresAt === undefined ? 'without end' : `until ${expiresAt}`;
  return `${plural(credits, 'credit')} of kind ${kind} for ${operations}, ${end}`;
}

/** What is available is revoked now, what is reserved stays with its job and is revoked when it comes back. */
export function revoke(command: CommandOf<'RevokeCredits'>, ledger: Ledger): Decided {
  const { grantId, reason } = command;
  const given = ledger.given.get(grantId);
  if (!given)
    return invalid('grantId', 'known', `There is no grant ${grantId}. See the organization's balance for its grants.`);
  const held = ledger.balance.grants.get(grantId);
  if (!held || held.ended !== undefined) return { events: [], answer: { kind: 'done', repeated: given } };
  return {
    events: [recorder(command, ledger)('CreditsRevoked', { grantId, credits: held.available, reason })],
    answer: done,
  };
}

/**
 * Trials that the catalog ends with a subscription end here; an operation first used later still gets its own.
 * A new subscription starts a new anchor, a change of plan keeps it. Overage follows: `auto` is a subscriber's, the other is not.
 */
export function setPlan(policy: Policy, command: CommandOf<'SetPlan'>, ledger: Ledger): Decided {
  const { plan } = command;
  const chosen = policy.catalog.plans.find(({ id }) => id === plan);
  if (plan !== undefined && !chosen) return unknownPlan(policy, plan);
  const keepsAnchor = plan === ledger.plan || isSubscription(policy, ledger.plan);
  const anchor = command.anchor ?? (keepsAnchor ? ledger.anchor.start : nowOf(command, ledger));
  const periodDays = chosen?.period.unit === 'day' ? chosen.period.length : undefined;
  if (plan === ledger.plan && (!plan || isSame(ledger.anchor, anchorOf(anchor, periodDays))))
    return { events: [], answer: done };
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
    answer: done,
  };
}

/** The catalog's default plan is what holds without a subscription. */
const isSubscription = ({ catalog }: Policy, plan: string | undefined): boolean =>
  plan !== undefined && plan !== catalog.defaultPlan;

function endingTrials(policy: Policy, plan: string | undefined, ledger: Ledger): Grant[] {
  if (!isSubscription(policy, plan) || isSubscription(policy, ledger.plan)) return [];
  const ids = new Set(policy.catalog.trials.filter((trial) => trial.expiresOnPlan).map(trialId));
  return [...ledger.balance.grants.values()].filter(({ grantId, ended }) => ids.has(grantId) && ended === undefined);
}

export const trialId = (trial: { readonly on: string; readonly operation?: string }): string =>
  `trial:${trial.operation ?? trial.on}`;

export function setOverage({ catalog }: Policy, command: CommandOf<'SetOverage'>, ledger: Ledger): Decided {
  const { overage } = command;
  if (overage === ledger.overage) return { events: [], answer: done };
  const isOffered =
    overage === 'none' || (overage === 'auto' ? catalog.overage?.autoOverage : catalog.overage?.payAsYouGo);
  if (!isOffered)
    return invalid(
      'overage',
      'offered',
      `The catalog does not offer ${overage === 'auto' ? 'auto overage' : 'pay-as-you-go'}.`,
    );
  if (overage !== 'none' && !catalog.overage?.tiers.has(ledger.currency))
    return invalid(
      'overage',
      'currency',
      `The catalog has no overage prices in ${ledger.currency}, the organization's currency.`,
    );
  if (overage === 'auto' && ledger.plan === undefined)
    return invalid('overage', 'plan', 'Auto overage needs a plan. Subscribe to one first.');
  return { events: [recorder(command, ledger)('OverageSet', { overage })], answer: done };
}

export function setBudgetCap(command: CommandOf<'SetBudgetCap'>, ledger: Ledger): Decided {
  const { target, credits } = command;
  if (credits !== undefined && !isCredits(credits))
    return invalid('budgetCap', 'range', `Give a whole number of credits from 0 to ${MAX_CREDITS}, or none.`);
  if (ledger.caps.get(capKey(target)) === credits) return { events: [], answer: done };
  return { events: [recorder(command, ledger)('BudgetCapSet', { target, credits })], answer: done };
}

export function changeSettings(command: CommandOf<'ChangeSettings'>, ledger: Ledger): Decided {
  const changed = Object.entries(command.settings).filter(
    ([name, value]) => JSON.stringify(ledger.settings[name as keyof typeof ledger.settings]) !== JSON.stringify(value),
  );
  if (changed.length === 0) return { events: [], answer: done };
  return {
    events: [recorder(command, ledger)('SettingsChanged', { settings: Object.fromEntries(changed) })],
    answer: done,
  };
}

/** Decided on the other projects' as they stand, so that changes of two projects at once are both kept. */
export function setProjectRetention(command: CommandOf<'SetProjectRetention'>, ledger: Ledger): Decided {
  const { projectId, days, ...common } = command;
  const all = ledger.settings.projectRetentionDays ?? {};
  if (all[projectId] === days) return { events: [], answer: done };
  const { [projectId]: _former, ...others } = all;
  const projectRetentionDays = days === undefined ? others : { ...all, [projectId]: days };
  return changeSettings({ ...common, type: 'ChangeSettings', settings: { projectRetentionDays } }, ledger);
}

/** A gauge is its latest value, a counter the sum so far in the billing period: a repeated or an older report changes neither. */
export function reportUsage({ catalog }: Policy, command: CommandOf<'ReportUsage'>, ledger: Ledger): Decided {
  const { limit, projectId, value } = command;
  const wrong = unreported(catalog, { limit, projectId });
  if (wrong) return invalid(wrong.field, wrong.rule, wrong.message);
  const definition = catalog.limits.get(limit)!;
  if (!Number.isFinite(value) || value < 0) return invalid('value', 'range', 'Give a number of 0 or more.');
  const scope = definition.scope === 'project' ? projectId : undefined;
  const isCounter = definition.kind === 'counter';
  const now = nowOf(command, ledger);
  const at = command.occurredAt !== undefined && command.occurredAt < now ? command.occurredAt : now;
  const period = isCounter ? billingPeriod(ledger, at).start : undefined;
  const known = ledger.reported.get(limitKey(limit, scope));
  const isNews =
    known === undefined ||
    (isCounter && at >= known.period && period !== known.period) ||
    (isCounter ? period === known.period && value > known.value : at >= known.period && value !== known.value);
  const report = { limit, projectId: scope, value, period };
  return { events: isNews ? [recorder(command, ledger)('UsageReported', report)] : [], answer: done };
}

export function closeJobWindow(policy: Policy, command: CommandOf<'CloseJobWindow'>, ledger: Ledger): Decided {
  const now = nowOf(command, ledger);
  const before = plusMilliseconds(now, -windowMilliseconds(policy));
  if (ledger.windowClosedBefore !== undefined && before <= ledger.windowClosedBefore)
    return { events: [], answer: done };
  return { events: [recorder(command, ledger)('JobWindowClosed', { before })], answer: done };
}

export function sealHistory(command: CommandOf<'SealHistory'>, ledger: Ledger): Decided {
  const { upTo, digest } = command;
  if (ledger.sealedUpTo !== undefined && upTo <= ledger.sealedUpTo) return { events: [], answer: done };
  return { events: [recorder(command, ledger)('HistorySealed', { upTo, digest })], answer: done };
}

const hasPlan = ({ catalog }: Policy, plan: string): boolean => catalog.plans.some(({ id }) => id === plan);
const unknownPlan = ({ catalog }: Policy, plan: string): Decided =>
  invalid(
    'plan',
    'known',
    `The catalog has no plan ${plan}; it has ${catalog.plans.map(({ id }) => id).join(', ') || 'none'}.`,
  );
