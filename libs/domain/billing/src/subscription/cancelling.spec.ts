import { BillingHarness, type BillingStep } from '../../support/billing-harness';
import { buy, open, pay, refusalOf, subscriber } from '../../support/steps';
import { previewChange, statusOf } from '..';

const cancel = (when: 'period-end' | 'now' = 'period-end'): BillingStep => ({ type: 'CancelSubscription', when });
const resume: BillingStep = { type: 'ResumeSubscription' };

describe('at the end of the period', () => {
  test('b16: resumed before the end, it renews as before', () => {
    const harness = subscriber('developer').at('04-20T09:00').run(cancel());
    expect(harness.ledger.scheduled).toEqual({ at: '2026-05-11T09:00:00.000Z', plan: undefined });
    expect(harness.ledger.grants[0]?.graceUntil).toBeUndefined();
    harness.at('05-01T09:00').run(resume, resume);
    expect(harness.events('CancellationWithdrawn')).toHaveLength(1);
    expect(harness.ledger).toMatchObject({ scheduled: undefined, available: 1000 });
    expect(harness.ledger.grants[0]?.graceUntil).toBe('2026-05-12T09:00:00.000Z');
    harness.at('05-11T09:00');
    expect(harness.invoices).toEqual([
      ['ABC-000001', 'paid', 2999],
      ['ABC-000002', 'paid', 2999],
    ]);
  });

  test('b17: sent twice, one event; it ends with the period', () => {
    const harness = subscriber('developer').at('04-20T09:00').run(cancel(), cancel());
    expect(harness.events('CancellationScheduled')).toEqual([{ at: '2026-05-11T09:00:00.000Z' }]);
    harness.at('05-11T08:59');
    expect([statusOf(harness.account), harness.ledger.available]).toEqual(['active', 1000]);
    harness.at('05-11T09:00');
    expect(harness.account.ended).toMatchObject({ at: '2026-05-11T09:00:00.000Z', reason: 'cancelled' });
    expect([harness.ledger.plan, harness.ledger.available, harness.invoices.length]).toEqual([undefined, 0, 1]);
    expect(harness.when(cancel()).answer).toEqual({ kind: 'done', repeated: true });
    expect(refusalOf(harness.when(resume))).toBe('no_subscription');
  });

  test('it takes the place of a downgrade, and an upgrade takes it back', () => {
    const harness = subscriber('startup').at('04-26T09:00');
    const change = (plan: string) => {
      const offer = previewChange(harness.policy, harness.account, plan, harness.now);
      return harness.when({ type: 'ConfirmChange', changeId: 'id' in offer ? offer.id : offer.code });
    };
    change('developer');
    harness.run(cancel());
    expect(harness.account.subscription).toMatchObject({ downgrade: undefined, cancelsAt: '2026-05-11T09:00:00.000Z' });
    expect(previewChange(harness.policy, harness.account, 'developer', harness.now)).toMatchObject({
      code: 'cancellation_scheduled',
    });
    change('business');
    expect(harness.account.subscription).toMatchObject({ plan: 'business', cancelsAt: undefined });
    expect(harness.ledger.scheduled).toBeUndefined();
    expect(harness.ledger.grants.map(({ graceUntil }) => graceUntil)).toEqual([
      '2026-05-12T09:00:00.000Z',
      '2026-05-12T09:00:00.000Z',
    ]);
  });

  test('while the renewal is under way: at the end of the period that is being paid', () => {
    const harness = subscriber('developer');
    harness.next.push('processing');
    harness.at('05-11T10:00').run(cancel());
    expect(harness.account.subscription?.cancelsAt).toBe('2026-06-11T09:00:00.000Z');
    expect(harness.ledger.available).toBe(1000);
    harness.settleCharges('paid');
    expect(harness.ledger.grants.at(-1)).toMatchObject({ available: 1000, expiresAt: '2026-06-11T09:00:00.000Z' });
    harness.at('06-11T09:00');
    expect([statusOf(harness.account), harness.invoices.length, harness.ledger.available]).toEqual(['ended', 2, 0]);
  });
});

describe('at once', () => {
  test('no refund; the package stays to its date', () => {
    const harness = subscriber('developer').at('04-20T09:00').run(cancel('now'));
    expect([statusOf(harness.account), harness.ledger.plan, harness.ledger.available]).toEqual([
      'ended',
      undefined,
      1000,
    ]);
    harness.at('05-11T09:00');
    expect([harness.ledger.available, harness.invoices.length]).toEqual([0, 1]);
  });

  test.each(['now', 'period-end'] as const)('b18: a subscription that is past due ends at once (%s)', (when) => {
    const harness = subscriber('developer');
    harness.next.push('declined', 'declined');
    harness.at('05-13T09:00').run(cancel(when));
    expect([statusOf(harness.account), harness.invoices[1]]).toEqual(['ended', ['ABC-000002', 'void', 2999]]);
    const charges = harness.events('ChargeRequested').length;
    harness.at('06-30T00:00');
    expect(harness.events('ChargeRequested')).toHaveLength(charges);
    expect(refusalOf(harness.when(pay('ABC-000002')))).toBe('invoice_not_open');
  });

  test('money that arrives for the void invoice is returned, once', () => {
    const harness = subscriber('developer');
    harness.next.push('processing');
    harness.at('05-11T10:00').run(cancel('now'));
    expect(harness.invoices[1]).toEqual(['ABC-000002', 'void', 2999]);
    const paid: BillingStep = {
      type: 'NoteChargeOutcome',
      chargeId: 'org.2.1',
      outcome: { kind: 'paid', amount: 2999, currency: 'USD', providerTime: harness.now },
    };
    harness.run(paid, paid);
    expect(harness.events('RefundRequested')).toEqual([
      {
        refundId: 'org.2.1.refund',
        chargeId: 'org.2.1',
        invoiceId: 'org.2',
        attempt: 1,
        amount: 2999,
        currency: 'USD',
        reason: 'invoice_void',
      },
    ]);
    expect(harness.events('PlanPaymentApplied')).toHaveLength(1);
  });
});

describe('subscribing', () => {
  test('again after the end: full price and a new period', () => {
    const harness = subscriber('developer')
      .at('04-20T09:00')
      .run(cancel('now'))
      .at('04-22T10:30')
      .run(buy('developer'));
    expect(harness.account.subscription).toMatchObject({
      anchor: { start: '2026-04-22T10:30:00.000Z' },
      period: { end: '2026-05-22T10:30:00.000Z' },
    });
    expect(harness.ledger.available).toBe(2000);
  });

  test('while one is active is refused', () => {
    expect(refusalOf(subscriber('developer').when(buy('startup')))).toBe('subscription_active');
  });

  test('again before the first invoice is paid: the first one is void', () => {
    const harness = new BillingHarness().run(
      open('USD', false),
      buy('developer', { provider: 'manual' }),
      buy('startup'),
    );
    expect(harness.invoices).toEqual([
      ['ABC-000001', 'void', 2999],
      ['ABC-000002', 'open', 11999],
    ]);
    expect(refusalOf(harness.when(pay('ABC-000001')))).toBe('invoice_not_open');
    harness.run(pay('ABC-000002'));
    expect(harness.account.subscription?.plan).toBe('startup');
  });

  test('twice while the card is being charged: charged once', () => {
    const harness = new BillingHarness().run(open());
    harness.next.push('processing');
    const first = harness.when(buy('developer')).answer;
    expect(harness.when(buy('developer')).answer).toEqual({ ...first, repeated: true });
    expect(refusalOf(harness.when(buy('startup')))).toBe('charge_in_progress');
    harness.settleCharges('paid');
    expect(harness.events('ChargeRequested')).toHaveLength(1);
    expect(harness.ledger.available).toBe(1000);
  });

  test('a declined card leaves nothing', () => {
    const harness = new BillingHarness().run(open());
    harness.next.push('declined');
    harness.run(buy('developer'));
    expect([statusOf(harness.account), harness.invoices]).toEqual(['none', [['ABC-000001', 'void', 2999]]]);
    expect([harness.account.purchase, harness.ledger.plan]).toEqual([undefined, undefined]);
  });

  test('a purchase that waits for the customer is void after 24 hours, or when it is cancelled', () => {
    const harness = new BillingHarness().run(open());
    harness.next.push('requires_action', 'requires_action');
    harness.run(buy('developer'), '04-12T09:00', buy('developer'), cancel());
    expect(harness.invoices.map(([, status]) => status)).toEqual(['void', 'void']);
  });

  test.each([
    ['gold', {}, 'unknown_plan'],
    ['free', {}, 'not_sold_in_currency'],
    ['developer', { currency: 'EUR' }, 'currency_mismatch'],
  ])('%s %j: %s', (plan, more, code) => {
    expect(refusalOf(new BillingHarness().run(open()).when(buy(plan, more)))).toBe(code);
  });

  test('without a payment method, or before billing is open', () => {
    expect(refusalOf(new BillingHarness().run(open('USD', false)).when(buy('developer')))).toBe(
      'payment_method_required',
    );
    expect(refusalOf(new BillingHarness().when(buy('developer')))).toBe('billing_not_open');
  });
});
