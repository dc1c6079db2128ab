import { BillingHarness, ORGANIZATION, type BillingStep } from '../../support/billing-harness';
import { buy, details, open, pay, refusalOf, subscriber } from '../../support/steps';
import { catalogOf, MONTHLY } from '../../support/catalogs';
import { draftsOf, previewChange, statusOf } from '..';

const manual = (currency = 'USD') => new BillingHarness().run(open(currency, false));
const byHand = (plan: string): BillingStep => buy(plan, { provider: 'manual' });

describe('review', () => {
  const reviewed = () => subscriber('developer').run({ type: 'SetReview', on: true });

  test('the draft of a renewal waits; nothing fails, and its package counts when it is paid', () => {
    const harness = reviewed().at('05-20T09:00');
    expect([statusOf(harness.account), draftsOf(harness.account).length, harness.invoices.length]).toEqual([
      'active',
      1,
      1,
    ]);
    expect(refusalOf(harness.when(pay('org.2')))).toBe('invoice_draft');
    expect(refusalOf(harness.when({ type: 'DropDraft', invoiceId: 'org.2', reason: 'r' }))).toBe('draft_required');
    harness.run({ type: 'ReleaseDraft', invoiceId: 'org.2' }, { type: 'ReleaseDraft', invoiceId: 'org.2' });
    expect(harness.invoices[1]).toEqual(['ABC-000002', 'paid', 2999]);
    expect(harness.ledger.available).toBe(1000);
  });

  test('cancelling at once drops the draft of the renewal', () => {
    const harness = reviewed().at('05-20T09:00').run({ type: 'CancelSubscription', when: 'now' });
    expect([draftsOf(harness.account), statusOf(harness.account)]).toEqual([[], 'ended']);
    expect(harness.invoices).toHaveLength(1);
  });

  test.each(['ReleaseDraft', 'DropDraft'] as const)('%s of an unknown draft', (type) => {
    expect(refusalOf(reviewed().when({ type, invoiceId: 'org.9', reason: 'r' }))).toBe('unknown_draft');
  });

  test('a draft that is not one any more cannot be dropped', () => {
    const step: BillingStep = { type: 'DropDraft', invoiceId: 'org.1', reason: 'r' };
    expect(refusalOf(subscriber('developer').when(step))).toBe('invoice_not_open');
  });
});

describe('top-ups by hand', () => {
  const sell = (topUp = 'pack', more: object = {}): BillingStep =>
    ({ type: 'SellTopUp', topUp, reason: 'by phone', prefix: 'XYZ', ...more }) as BillingStep;

  test('drafted, numbered, paid and granted, once per request', () => {
    const harness = new BillingHarness().run(open(), details('US'));
    const { answer } = harness.when(sell('pack', { requestId: 'r-1' }));
    expect(answer).toMatchObject({ kind: 'invoiced', number: 'XYZ-000001', due: { amount: 0 } });
    expect(harness.when(sell('pack', { requestId: 'r-1' })).answer).toMatchObject({
      number: 'XYZ-000001',
      repeated: true,
    });
    expect(harness.documents.get('org.1')).toMatchObject({
      status: 'paid',
      invoice: { net: 1000, tax: 200, gross: 1200 },
    });
    expect(harness.ledger.grants).toEqual([{ grantId: 'invoice:org.1:0', credits: 1000, available: 1000 }]);
  });

  test('also while drafts are reviewed: the money has arrived', () => {
    const harness = new BillingHarness().run(open(), { type: 'SetReview', on: true }, sell());
    expect(harness.invoices).toEqual([['XYZ-000001', 'paid', 1000]]);
  });

  test.each([
    ['sack', 'unknown_top_up'],
    ['pack', 'not_sold_in_currency'],
  ])('%s: %s', (topUp, code) => {
    const catalog = catalogOf(MONTHLY, [', EUR: "11.90"', '']);
    expect(refusalOf(new BillingHarness({ catalog }).run(open('EUR'), details('DE')).when(sell(topUp)))).toBe(code);
  });
});

describe('organizations from before billing', () => {
  const adopted = (overage: 'none' | 'auto' = 'none') =>
    new BillingHarness().run(open('USD', false), {
      ...{ type: 'AdoptLegacy', overage },
      plan: { id: 'developer', anchor: '2026-03-20T00:00:00.000Z', period: 'month' },
    } as BillingStep);

  test('D51: the plan renews nothing until it is subscribed to; overage is paid by hand', () => {
    const harness = adopted('auto');
    expect(statusOf(harness.account)).toBe('legacy');
    expect(harness.account.manual).toEqual({ termsDays: 14 });
    harness.at('12-31T00:00');
    expect([harness.invoices, statusOf(harness.account)]).toEqual([[], 'legacy']);
    expect(previewChange(harness.policy, harness.account, 'startup', harness.now)).toMatchObject({
      code: 'no_subscription',
    });
    harness.run(buy('developer'), pay('ABC-000001'));
    expect(statusOf(harness.account)).toBe('active');
  });

  test('adopted once; cancelled at the end of its current period', () => {
    const harness = adopted();
    const repeated = { type: 'AdoptLegacy', overage: 'auto' } as const;
    expect(harness.when(repeated).answer).toEqual({ kind: 'done', repeated: true });
    harness.run({ type: 'CancelSubscription', when: 'period-end' });
    expect(harness.ledger.scheduled?.at).toBe('2026-04-20T00:00:00.000Z');
    harness.at('04-20T00:00');
    expect(statusOf(harness.account)).toBe('ended');
  });
});

test('the last payment method cannot be taken away while something needs it', () => {
  const card: BillingStep = { type: 'SetPaymentMethod', method: { kind: 'card' } };
  const open_ = manual().run(byHand('developer'));
  expect(refusalOf(open_.when(card))).toBe('payment_method_in_use');
  expect(refusalOf(open_.run(pay('ABC-000001')).when(card))).toBeUndefined();
  const overage = manual().run(byHand('developer'), pay('ABC-000001'), { type: 'ChooseOverage', overage: 'auto' });
  expect(refusalOf(overage.when(card))).toBe('payment_method_in_use');
});

test('an effect of the ledger is completed with its answer', () => {
  const harness = new BillingHarness().run(open('USD', false));
  harness.run(byHand('developer'));
  harness.decide(pay('ABC-000001'));
  harness.carryOutNext();
  const effectId = harness.account.effects[0]!.id;
  expect(refusalOf(harness.decide({ type: 'CompleteEffect', effectId }))).toBe('unknown_effect');
  expect(harness.decide({ type: 'CompleteEffect', effectId: '0.9' }).answer).toEqual({ kind: 'done', repeated: true });
});

describe('overage', () => {
  const choose = (overage: 'none' | 'auto' | 'pay-as-you-go'): BillingStep => ({ type: 'ChooseOverage', overage });

  test.each([
    ['without a payment method', open('USD', false), 'pay-as-you-go', 'overage_needs_payment_method'],
    ['auto without a plan', open(), 'auto', 'overage_needs_plan'],
    ['in a currency without prices', open('EUR'), 'pay-as-you-go', 'overage_without_prices'],
    ['pay-as-you-go', open(), 'pay-as-you-go', undefined],
  ] as const)('%s', (_, opening, overage, code) => {
    expect(refusalOf(new BillingHarness().run(opening).when(choose(overage)))).toBe(code);
  });

  test('pay-as-you-go beside a plan is refused; auto ends with the subscription', () => {
    const harness = subscriber('developer');
    expect(refusalOf(harness.when(choose('pay-as-you-go')))).toBe('overage_needs_no_plan');
    harness.run(choose('auto'), choose('auto'));
    expect([harness.events('OverageChosen').length, harness.ledger.overage]).toEqual([1, 'auto']);
    harness.run({ type: 'CancelSubscription', when: 'now' }).at('04-12T00:00');
    expect([harness.account.overage, harness.ledger.overage]).toEqual(['none', 'none']);
  });

  test('a catalog that does not offer it', () => {
    const catalog = catalogOf(MONTHLY, ['  payAsYouGo: true\n', '  payAsYouGo: false\n']);
    expect(refusalOf(new BillingHarness({ catalog }).run(open()).when(choose('pay-as-you-go')))).toBe(
      'overage_not_offered',
    );
  });
});

test('settings that are set again lead to no event', () => {
  const harness = new BillingHarness().run(open(), open(), details('DE'), details('DE'));
  const on: BillingStep = { type: 'SetReview', on: true };
  const card: BillingStep = { type: 'SetPaymentMethod', method: { kind: 'card' } };
  harness.run(on, on, card, { type: 'NoteCard', added: false, paymentMethodId: 'pm-9' });
  harness.run({ type: 'NoteCard', added: true, paymentMethodId: 'pm-2' });
  harness.run({ type: 'NoteCard', added: false, paymentMethodId: 'pm-1' });
  expect(harness.types).toEqual(['BillingOpened', 'BillingDetailsChanged', 'ReviewSet', 'CardRemoved', 'CardAdded']);
  expect(harness.account).toMatchObject({ organizationId: ORGANIZATION, hasCard: true });
});

test('a stream that belongs to another program is not opened', () => {
  const harness = new BillingHarness();
  harness.account.taken = true;
  expect(refusalOf(harness.when(open()))).toBe('stream_taken');
});
