import type { Decider } from '@tallystick/domain/kernel';
import type { BillingPolicy } from '../../policy';
import { refuse } from '../../refusals';
import type { BillingAnswer, BillingCommand, BillingCommandOf, BillingDecision } from '../commands';
import { dueBilling } from '../due';
import type { BillingEvent } from '../events';
import { evolveBilling } from '../evolve';
import { initialAccount, type BillingAccount } from '../state';
import * as settings from './account';
import { cancelSubscription, confirmChange, resumeSubscription, withdrawChange } from './changes';
import { dropDraft, issueCreditNote, voidInvoice, writeOffInvoice } from './invoices';
import { noteChargeOutcome, recordPayment } from './payments';
import { contextOf, decided, refused, REPEATED, type BillingContext } from './recorder';
import { releaseDraft, subscribe } from './subscribe';
import { sellTopUp } from './top-ups';

type Handlers = {
  readonly [Type in BillingCommand['type']]: (
    context: BillingContext,
    command: BillingCommandOf<Type>,
  ) => BillingDecision;
};

const HANDLERS: Handlers = {
  OpenBilling: settings.openBilling,
  AdoptLegacy: settings.adoptLegacy,
  SetPaymentMethod: settings.setPaymentMethod,
  NoteCard: settings.noteCard,
  SetBillingDetails: settings.setBillingDetails,
  SetReview: settings.setReview,
  ChooseOverage: settings.chooseOverage,
  Subscribe: subscribe,
  ConfirmChange: confirmChange,
  WithdrawChange: withdrawChange,
  CancelSubscription: cancelSubscription,
  ResumeSubscription: resumeSubscription,
  ReleaseDraft: releaseDraft,
  DropDraft: dropDraft,
  RecordPayment: recordPayment,
  NoteChargeOutcome: noteChargeOutcome,
  VoidInvoice: voidInvoice,
  WriteOffInvoice: writeOffInvoice,
  IssueCreditNote: issueCreditNote,
  SellTopUp: sellTopUp,
  ClosePeriod: closePeriod,
  CompleteEffect: completeEffect,
  Tick: () => decided([]),
};

/** The close is recorded. What was waiting for it falls due, which the next command applies in the same append. */
function closePeriod({ account, record }: BillingContext, command: BillingCommandOf<'ClosePeriod'>): BillingDecision {
  const { start, end, revision, type: _, ...metadata } = command;
  if (account.lastClose !== undefined && revision <= account.lastClose.revision) return REPEATED;
  return {
    ...decided([record('PeriodCloseReceived', { start, end, revision })]),
    then: { ...metadata, type: 'Tick' },
  };
}

function completeEffect(
  { account, record }: BillingContext,
  { effectId, applied }: BillingCommandOf<'CompleteEffect'>,
): BillingDecision {
  const pending = account.effects.find(({ id }) => id === effectId);
  if (!pending) return REPEATED;
  const { effect } = pending;
  if (effect.type !== 'apply-plan-payment') return decided([record('EffectCompleted', { effectId })]);
  if (!applied)
    return refused(refuse('unknown_effect', `Effect ${effectId} is completed with the answer of the ledger. Give it.`));
  const { plan, anchor, period, grantId, expiresAt } = applied;
  return decided([
    record('PlanPaymentApplied', {
      ...{ effectId, invoiceLineId: effect.invoiceLineId, plan, anchor, period },
      ...(grantId !== undefined && { grantId }),
      ...(expiresAt !== undefined && { expiresAt }),
    }),
  ]);
}

/** The events of a command, or its refusal. */
export function decideBilling(
  policy: BillingPolicy,
  command: BillingCommand,
  account: BillingAccount,
): BillingDecision {
  if (!account.opened && command.type !== 'OpenBilling')
    return refused(refuse('billing_not_open', 'Billing of this organization is not open. Open it first.'));
  // Of a command that follows another in one append, what has fallen due since then.
  const due = dueBilling(policy, command, account);
  if (due.length > 0) return { ...decided(due), then: command };
  const handle = HANDLERS[command.type] as (context: BillingContext, command: BillingCommand) => BillingDecision;
  return handle(contextOf(policy, command, account), command);
}

export type BillingDecider = Decider<BillingAccount, BillingCommand, BillingEvent, BillingAnswer> & {
  /** The state of a stream that belongs to another program. */
  readonly taken: () => BillingAccount;
};

/** The decider of `subscription-{organizationId}` under a policy. */
export const billingDecider = (policy: BillingPolicy): BillingDecider => ({
  initial: initialAccount,
  taken: () => ({ ...initialAccount(), taken: true }),
  due: (command, account) => dueBilling(policy, command, account),
  decide: (command, account) => decideBilling(policy, command, account),
  evolve: evolveBilling,
});
