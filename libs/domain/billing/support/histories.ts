import fc from 'fast-check';
import { BillingHarness, type BillingStep, type TestChargeOutcome } from './billing-harness';
import { buy, details, open, pay } from './steps';
import { previewChange } from '../src';

/** A step of a random history: a command, or something that happens around the organization. */
export type HistoryStep =
  | { readonly kind: 'command'; readonly step: BillingStep }
  | { readonly kind: 'change'; readonly plan: string }
  | { readonly kind: 'withdraw' }
  | {
      readonly kind: 'oldest' | 'newest';
      readonly of: 'pay' | 'void' | 'write-off' | 'credit' | 'release' | 'drop';
      readonly part: number;
    }
  | { readonly kind: 'charges'; readonly next: TestChargeOutcome }
  | { readonly kind: 'settle'; readonly outcome: 'paid' | 'declined' }
  | { readonly kind: 'wait'; readonly hours: number };

const plan = fc.constantFrom('developer', 'startup', 'business', 'tiny', 'tiny-plus', 'cents', 'business-eu');
const command = (step: BillingStep): HistoryStep => ({ kind: 'command', step });
const wait = fc.oneof(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 20, max: 800 }));

export const historySteps: fc.Arbitrary<HistoryStep> = fc.oneof(
  { weight: 4, arbitrary: wait.map((hours): HistoryStep => ({ kind: 'wait', hours })) },
  { weight: 3, arbitrary: plan.map((id) => command(buy(id))) },
  { weight: 1, arbitrary: plan.map((id) => command(buy(id, { provider: 'manual' }))) },
  { weight: 3, arbitrary: plan.map((id): HistoryStep => ({ kind: 'change', plan: id })) },
  { weight: 1, arbitrary: fc.constant<HistoryStep>({ kind: 'withdraw' }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom('oldest' as const, 'newest' as const),
      of: fc.constantFrom(
        'pay' as const,
        'pay' as const,
        'void' as const,
        'write-off' as const,
        'credit' as const,
        'release' as const,
        'drop' as const,
      ),
      part: fc.constantFrom(1, 1, 0.3),
    }),
  },
  {
    weight: 3,
    arbitrary: fc
      .constantFrom<TestChargeOutcome>('declined', 'declined', 'declined_hard', 'requires_action', 'processing')
      .map((next): HistoryStep => ({ kind: 'charges', next })),
  },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom('paid' as const, 'declined' as const)
      .map((outcome): HistoryStep => ({ kind: 'settle', outcome })),
  },
  {
    weight: 4,
    arbitrary: fc
      .constantFrom<BillingStep>(
        { type: 'CancelSubscription', when: 'period-end' },
        { type: 'CancelSubscription', when: 'now' },
        { type: 'ResumeSubscription' },
        { type: 'SetPaymentMethod', method: { kind: 'manual', termsDays: 10 } },
        { type: 'SetPaymentMethod', method: { kind: 'card' } },
        { type: 'NoteCard', added: true, paymentMethodId: 'pm-2' },
        { type: 'NoteCard', added: false, paymentMethodId: 'pm-2' },
        { type: 'SetReview', on: true },
        { type: 'SetReview', on: false },
        { type: 'ChooseOverage', overage: 'auto' },
        { type: 'ChooseOverage', overage: 'none' },
        { type: 'SellTopUp', topUp: 'pack', reason: 'by hand', prefix: 'XYZ' },
        details('US'),
        details('FR', true),
        details('CH'),
      )
      .map(command),
  },
);

export const START_STEPS = [open(), buy('developer')];

/** Performs one step. `perform` decides a command; the default carries out what follows from it. */
export function takeStep(
  harness: BillingHarness,
  step: HistoryStep,
  perform: (command: BillingStep) => void = (one) => void harness.when(one),
): void {
  switch (step.kind) {
    case 'command':
      return perform(step.step);
    case 'change': {
      const offer = previewChange(harness.policy, harness.account, step.plan, harness.now);
      return 'id' in offer ? perform({ type: 'ConfirmChange', changeId: offer.id }) : undefined;
    }
    case 'withdraw': {
      const changeId = harness.account.subscription?.downgrade?.changeId ?? harness.account.upgrade?.changeId;
      return changeId === undefined ? undefined : perform({ type: 'WithdrawChange', changeId });
    }
    case 'charges':
      harness.next.push(step.next);
      return;
    case 'settle':
      return harness.settleCharges(step.outcome);
    case 'wait':
      return void harness.at(new Date(Date.parse(harness.now) + step.hours * 3_600_000).toISOString());
    case 'oldest':
    case 'newest':
      return perform(invoiceStep(harness, step));
  }
}

function invoiceStep(
  { account }: BillingHarness,
  { kind, of, part }: Extract<HistoryStep, { kind: 'oldest' | 'newest' }>,
): BillingStep {
  const entries = Object.values(account.entries).filter(({ status }) =>
    of === 'release' || of === 'drop'
      ? status === 'draft'
      : status !== 'void' && (of === 'credit' || status !== 'paid'),
  );
  const entry = entries.at(kind === 'oldest' ? 0 : -1);
  const invoice = entry?.number ?? entry?.invoiceId ?? 'none';
  const reason = 'random';
  const left = entry ? entry.gross - entry.paid - entry.credited.gross : 0;
  const basis = entry?.taxIncluded ? 'gross' : 'net';
  const amount = Math.max(
    1,
    Math.floor((of === 'credit' && entry ? entry[basis] - entry.credited[basis] : left) * part),
  );
  switch (of) {
    case 'pay':
      return pay(invoice, { amount });
    case 'void':
      return { type: 'VoidInvoice', invoice, reason };
    case 'write-off':
      return { type: 'WriteOffInvoice', invoice, reason };
    case 'credit':
      return { type: 'IssueCreditNote', invoice, amount, reason };
    case 'release':
      return { type: 'ReleaseDraft', invoiceId: invoice };
    case 'drop':
      return { type: 'DropDraft', invoiceId: invoice, reason };
  }
}
