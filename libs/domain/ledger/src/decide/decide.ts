import type { Decider } from '@tallystick/domain/kernel';
import type { Answer, Command, LedgerDecision } from '../commands';
import { extendJob, submitJob } from './job';
import { grantCredits, revokeCredits } from './grants';
import * as organization from './organization';
import { endGrant, setGrantGrace } from './packages';
import { schedulePlan, setOverage, setPlan } from './plan';
import { applyPlanPayment } from './plan-payment';
import { endJob } from './outcome';
import { due } from './due';
import type { LedgerEvent } from '../events';
import { evolve } from '../state/evolve';
import type { Policy } from '../policy';
import { refused } from './recorder';
import { streamTaken, unknownOrganization } from './refusals';
import { initialLedger, type Ledger } from '../state/ledger';

/** The events of a command, or its refusal. */
export function decide(policy: Policy, command: Command, ledger: Ledger): LedgerDecision {
  if (ledger.taken && command.type === 'OpenOrganization') return refused(streamTaken);
  if (!ledger.opened && command.type !== 'OpenOrganization') return refused(unknownOrganization);
  switch (command.type) {
    case 'SubmitJob':
      return submitJob(policy, command, ledger);
    case 'EndJob':
      return endJob(policy, command, ledger);
    case 'ExtendJob':
      return extendJob(command, ledger);
    case 'GrantCredits':
      return grantCredits(policy, command, ledger);
    case 'RevokeCredits':
      return revokeCredits(command, ledger);
    case 'OpenOrganization':
      return organization.openOrganization(policy, command, ledger);
    case 'SetPlan':
      return setPlan(policy, command, ledger);
    case 'ApplyPlanPayment':
      return applyPlanPayment(policy, command, ledger);
    case 'SchedulePlan':
      return schedulePlan(policy, command, ledger);
    case 'EndGrant':
      return endGrant(command, ledger);
    case 'SetGrantGrace':
      return setGrantGrace(command, ledger);
    case 'SetOverage':
      return setOverage(policy, command, ledger);
    case 'SetBudgetCap':
      return organization.setBudgetCap(command, ledger);
    case 'ChangeSettings':
      return organization.changeSettings(command, ledger);
    case 'SetProjectRetention':
      return organization.setProjectRetention(command, ledger);
    case 'ReportUsage':
      return organization.reportUsage(policy, command, ledger);
    case 'CloseJobWindow':
      return organization.closeJobWindow(policy, command, ledger);
    case 'SealHistory':
      return organization.sealHistory(command, ledger);
    case 'Tick':
      return { events: [], answer: { kind: 'done' } };
  }
}

/** `taken` returns the state of a stream that belongs to another program. */
export type LedgerDecider = Decider<Ledger, Command, LedgerEvent, Answer> & { readonly taken: () => Ledger };

/** The ledger's decider under a policy. */
export const ledgerDecider = (policy: Policy): LedgerDecider => ({
  initial: initialLedger,
  taken: () => ({ ...initialLedger(), taken: true }),
  due: (command, ledger) => due(policy, command, ledger),
  decide: (command, ledger) => decide(policy, command, ledger),
  evolve,
});
