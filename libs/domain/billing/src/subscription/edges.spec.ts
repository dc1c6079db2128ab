import { BillingHarness, type BillingStep } from '../../support/billing-harness';
import { buy, open, pay, refusalOf, subscriber } from '../../support/steps';
import { catalogOf, MONTHLY, PACKAGES } from '../../support/catalogs';
import { previewChange, statusOf, type BillingEffect } from '..';

const confirmOf = (harness: BillingHarness, plan: string): BillingStep => {
  const offer = previewChange(harness.policy, harness.account, plan, harness.now);
  return { type: 'ConfirmChange', changeId: 'id' in offer ? offer.id : offer.code };
};
const paid = (harness: BillingHarness, chargeId: string, amount: number): BillingStep => ({
  type: 'NoteChargeOutcome',
  chargeId,
  outcome: { kind: 'paid', amount, currency: 'USD', providerTime: harness.now },
});
const credit = (amount: number): BillingStep => ({
  ...{ type: 'IssueCreditNote', invoice: 'ABC-000001', amount, reason: 'goodwill' },
});

test('a new card while an attempt is being processed is not charged as well', () => {
  const harness = subscriber('developer');
  harness.next.push('declined', 'processing');
  harness.at('05-12T10:00').run({ type: 'NoteCard', added: true, paymentMethodId: 'pm-2' });
  expect(harness.events('ChargeRequested')).toHaveLength(3);
});

test('a paid upgrade with a new period takes the place of the renewal, also before the ledger has applied it', () => {
  const harness = new BillingHarness({ catalog: catalogOf(PACKAGES) });
  Object.assign(harness.ledger.lengths, { a: { days: 30 }, b: { days: 30 } });
  harness.run(open(), buy('a'), '05-11T08:00');
  harness.decide(confirmOf(harness, 'b'));
  harness.decide(paid(harness, 'org.2.1', 7900));
  harness.now = '2026-05-11T09:00:00.000Z';
  harness.decide({ type: 'Tick' });
  expect(harness.events('RenewalStarted')).toEqual([]);
});

test('a purchase that is paid counts as active before the ledger has applied it', () => {
  const harness = new BillingHarness().run(open());
  harness.decide(buy('developer'));
  harness.decide(paid(harness, 'org.1.1', 2999));
  expect(refusalOf(harness.decide(buy('startup')))).toBe('subscription_active');
});

test('at the end of the period, an upgrade that is not paid lapses before the renewal starts', () => {
  const harness = subscriber('developer').at('05-10T21:00');
  harness.next.push('requires_action');
  harness.when(confirmOf(harness, 'startup'));
  harness.at('05-11T09:00');
  expect(harness.types.indexOf('UpgradeLapsed')).toBeLessThan(harness.types.indexOf('RenewalStarted'));
  expect(harness.events('UpgradeLapsed')).toMatchObject([{ reason: 'period_end' }]);
});

test('lines that wait stay for the renewal while other invoices are made; the package costs its own price', () => {
  const harness = subscriber('developer').at('04-26T09:00');
  const effects: BillingEffect[] = [];
  harness.aroundEffect = ({ account }, when) => void (when === 'before' && effects.push(account.effects[0]!.effect));
  harness.when(confirmOf(harness, 'tiny'));
  harness.run({ type: 'SellTopUp', topUp: 'pack', reason: 'by hand', prefix: 'ABC' }, '05-11T09:00');
  expect(harness.documents.get('org.4')?.invoice).toMatchObject({ gross: 3044 });
  const plans = effects.flatMap((effect) => (effect.type === 'apply-plan-payment' ? [effect.grant?.paid.amount] : []));
  expect(plans).toEqual([15, 3029]);
});

test('a cancellation that the ledger has scheduled needs no further call at the end', () => {
  const harness = subscriber('developer').run({ type: 'CancelSubscription', when: 'period-end' }, '05-11T09:00');
  expect(harness.types.slice(-2)).toEqual(['SubscriptionEnded', 'PeriodCloseReceived']);
});

describe('a purchase that lapses', () => {
  const manual = () => new BillingHarness().run(open('USD', false), buy('developer', { provider: 'manual' }));

  test('with a credit note: the rest is credited', () => {
    const harness = manual().run(credit(500), '04-25T09:00');
    expect(harness.documents.get('org.1')).toMatchObject({
      status: 'paid',
      creditNotes: [{ gross: 500 }, { gross: 2499 }],
    });
    expect([statusOf(harness.account), harness.ledger.available]).toEqual(['none', 0]);
  });

  test('with a credit note and a payment: the rest is credited', () => {
    const harness = manual().run(credit(500), pay('org.1', { amount: 1000 }), '04-25T09:00');
    expect(harness.account.entries['org.1']).toMatchObject({ paid: 1000, credited: { gross: 2999 } });
    expect(harness.ledger.available).toBe(0);
  });
});

describe('a longer grace for renewals', () => {
  const policy = { catalog: catalogOf(MONTHLY, ['dunning:', 'renewalGraceHours: 48\ndunning:']) };

  test.each(['processing', 'requires_action'] as const)('the first attempt, %s, fails when it has ended', (outcome) => {
    const harness = subscriber('developer', policy);
    harness.next.push(outcome);
    harness.at('05-13T08:59');
    expect([statusOf(harness.account), harness.ledger.available]).toEqual(['active', 1000]);
    harness.next.push('declined');
    harness.at('05-13T09:00');
    expect([statusOf(harness.account), harness.ledger.available]).toEqual(['past_due', 0]);
  });

  test('further attempts fail after a day', () => {
    const harness = subscriber('developer', policy);
    harness.next.push('declined', 'processing');
    harness.at('05-13T09:00');
    expect(harness.events('ChargeFailed')).toMatchObject([
      { declineCode: 'card_declined' },
      { declineCode: 'expired' },
    ]);
  });
});

test('a charge that is confirmed after a part was paid by hand is parked', () => {
  const harness = new BillingHarness().run(open());
  harness.next.push('requires_action');
  harness.run(buy('developer'), pay('ABC-000001', { amount: 1000 }));
  harness.settleCharges('paid');
  expect(harness.events('PaymentParked')).toMatchObject([{ amount: 2999, reason: 'amount' }]);
  expect(harness.account.entries['org.1']).toMatchObject({ status: 'open', paid: 1000 });
});
