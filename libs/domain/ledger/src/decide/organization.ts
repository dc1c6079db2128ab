import { unreported } from '@tallystick/domain/catalog';
import { isCredits, MAX_CREDITS, plusMilliseconds } from '@tallystick/domain/kernel';
import type { CommandOf, LedgerDecision } from '../commands';
import { windowMilliseconds, type Policy } from '../policy';
import { billingPeriod } from '../state/billing-terms';
import { capKey, limitKey, type Ledger } from '../state/ledger';
import { DONE, decisionTime, invalidCommand, recorder } from './recorder';

export function openOrganization(
  policy: Policy,
  command: CommandOf<'OpenOrganization'>,
  ledger: Ledger,
): LedgerDecision {
  if (ledger.opened) return { events: [], answer: { kind: 'done', repeated: { revision: 0 } } };
  const currencies = [...policy.catalog.currencies.keys()];
  // A catalog without prices defines no currencies.
  if (currencies.length > 0 && !currencies.includes(command.currency))
    return invalidCommand(
      'currency',
      'known',
      `The catalog has prices in ${currencies.join(', ')}. Choose one of these.`,
    );
  return {
    events: [recorder(command, ledger)('OrganizationOpened', { currency: command.currency })],
    answer: DONE,
  };
}

export function setBudgetCap(command: CommandOf<'SetBudgetCap'>, ledger: Ledger): LedgerDecision {
  const { target, credits } = command;
  if (credits !== undefined && !isCredits(credits))
    return invalidCommand('budgetCap', 'range', `Give a whole number of credits from 0 to ${MAX_CREDITS}, or none.`);
  if (ledger.caps.get(capKey(target)) === credits) return { events: [], answer: DONE };
  return { events: [recorder(command, ledger)('BudgetCapSet', { target, credits })], answer: DONE };
}

export function changeSettings(command: CommandOf<'ChangeSettings'>, ledger: Ledger): LedgerDecision {
  const changed = Object.entries(command.settings).filter(
    ([name, value]) => JSON.stringify(ledger.settings[name as keyof typeof ledger.settings]) !== JSON.stringify(value),
  );
  if (changed.length === 0) return { events: [], answer: DONE };
  return {
    events: [recorder(command, ledger)('SettingsChanged', { settings: Object.fromEntries(changed) })],
    answer: DONE,
  };
}

/** Changes one entry of the current settings, so that concurrent changes for two projects are both kept. */
export function setProjectRetention(command: CommandOf<'SetProjectRetention'>, ledger: Ledger): LedgerDecision {
  const { projectId, days, ...common } = command;
  const all = ledger.settings.projectRetentionDays ?? {};
  if (all[projectId] === days) return { events: [], answer: DONE };
  const { [projectId]: _former, ...others } = all;
  const projectRetentionDays = days === undefined ? others : { ...all, [projectId]: days };
  return changeSettings({ ...common, type: 'ChangeSettings', settings: { projectRetentionDays } }, ledger);
}

/** A gauge has its latest value, a counter the sum so far in the billing period. A repeated or older report records no event. */
export function reportUsage({ catalog }: Policy, command: CommandOf<'ReportUsage'>, ledger: Ledger): LedgerDecision {
  const { limit, projectId, value } = command;
  const wrong = unreported(catalog, { limit, projectId });
  if (wrong) return invalidCommand(wrong.field, wrong.rule, wrong.message);
  const definition = catalog.limits.get(limit)!;
  if (!Number.isFinite(value) || value < 0) return invalidCommand('value', 'range', 'Give a number of 0 or more.');
  const scope = definition.scope === 'project' ? projectId : undefined;
  const isCounter = definition.kind === 'counter';
  const now = decisionTime(command, ledger);
  const at = command.occurredAt !== undefined && command.occurredAt < now ? command.occurredAt : now;
  const period = isCounter ? billingPeriod(ledger, at).start : undefined;
  const known = ledger.reported.get(limitKey(limit, scope));
  const isNews =
    known === undefined ||
    (isCounter && at >= known.period && period !== known.period) ||
    (isCounter ? period === known.period && value > known.value : at >= known.period && value !== known.value);
  const report = { limit, projectId: scope, value, period };
  return { events: isNews ? [recorder(command, ledger)('UsageReported', report)] : [], answer: DONE };
}

export function closeJobWindow(policy: Policy, command: CommandOf<'CloseJobWindow'>, ledger: Ledger): LedgerDecision {
  const now = decisionTime(command, ledger);
  const before = plusMilliseconds(now, -windowMilliseconds(policy));
  if (ledger.windowClosedBefore !== undefined && before <= ledger.windowClosedBefore)
    return { events: [], answer: DONE };
  return { events: [recorder(command, ledger)('JobWindowClosed', { before })], answer: DONE };
}

export function sealHistory(command: CommandOf<'SealHistory'>, ledger: Ledger): LedgerDecision {
  const { upTo, digest } = command;
  if (ledger.sealedUpTo !== undefined && upTo <= ledger.sealedUpTo) return { events: [], answer: DONE };
  return { events: [recorder(command, ledger)('HistorySealed', { upTo, digest })], answer: DONE };
}
