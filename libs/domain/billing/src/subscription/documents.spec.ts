import { BillingHarness, ORGANIZATION, type BillingStep } from '../../support/billing-harness';
import { buy, details, open, pay, refusalOf, subscriber } from '../../support/steps';
import { catalogOf, MONTHLY, sellerless } from '../../support/catalogs';
import { draftsOf, previewChange, statusOf } from '..';

const credit = (amount: number, more: object = {}): BillingStep => ({
  ...{ type: 'IssueCreditNote', invoice: 'ABC-000001', amount, reason: 'goodwill', ...more },
});
const voided = (invoice: string): BillingStep => ({ type: 'VoidInvoice', invoice, reason: 'mistake' });
const document = (harness: BillingHarness, invoiceId = 'org.1') => harness.documents.get(invoiceId)?.invoice;
const manual = (currency = 'USD') => new BillingHarness().run(open(currency, false));
const byHand = (plan: string): BillingStep => buy(plan, { provider: 'manual' });

describe('tax', () => {
  test.each([
    [
      'b41: a business in another country of the EU',
      'FR',
      true,
      { net: 3999, tax: 0, gross: 3999, reverseCharge: true },
    ],
    ['b41: without a VAT id', 'FR', false, { net: 3332, tax: 667, gross: 3999, taxRate: '20' }],
    ['b41: a business in the seller’s country', 'DE', true, { net: 3361, tax: 638, gross: 3999, taxRate: '19' }],
    ['a country without a rate', 'CH', false, { net: 3999, tax: 0, gross: 3999 }],
    ['a business outside of the EU', 'US', true, { net: 3332, tax: 667, gross: 3999, taxRate: '20' }],
  ])('%s', (_, country, hasVatId, totals) => {
    const harness = new BillingHarness().run(open('EUR'), details(country, hasVatId), buy('developer'));
    const { net, tax, gross, taxRate, reverseCharge } = document(harness)!;
    expect({ net, tax, gross, ...(taxRate && { taxRate }), ...(reverseCharge && { reverseCharge }) }).toEqual(totals);
    expect(harness.account.subscription?.plan).toBe('developer');
  });

  test('reverse charge with `net`: the price without its tax', () => {
    const catalog = catalogOf(MONTHLY, ['tax: {', 'reverseCharge: net\ntax: {']);
    const harness = new BillingHarness({ catalog }).run(open('EUR'), details('FR', true), buy('developer'));
    expect(document(harness)).toMatchObject({ net: 3332, tax: 0, gross: 3332 });
    expect(harness.events('ChargeRequested')).toMatchObject([{ amount: 3332 }]);
  });

  test('on top of a net price', () => {
    const harness = new BillingHarness().run(open(), details('US'), buy('developer'));
    expect(document(harness)).toMatchObject({ net: 2999, tax: 600, gross: 3599 });
  });

  test('b43: a country is needed where prices include tax; no seller, no sale', () => {
    expect(refusalOf(new BillingHarness().run(open('EUR')).when(buy('developer')))).toBe('billing_details_required');
    const harness = new BillingHarness({ catalog: sellerless(MONTHLY) }).run(open());
    expect(refusalOf(harness.when(buy('developer')))).toBe('no_seller');
    expect(refusalOf(harness.when({ type: 'SellTopUp', topUp: 'pack', reason: 'r', prefix: 'P' }))).toBe('no_seller');
  });

  test('seller and rates are those of the catalog at finalization, the price is that at the sale', () => {
    const later = catalogOf(MONTHLY, ['version: "1"', 'version: "2"']);
    const policy = { catalog: catalogOf(MONTHLY) };
    const harness = new BillingHarness(policy).run(open(), { type: 'SetReview', on: true }, buy('developer'));
    Object.assign(harness.policy, { catalog: later });
    harness.run({ type: 'ReleaseDraft', invoiceId: 'org.1' });
    expect(document(harness)?.catalog).toBe('monthly@2');
    expect(harness.account.subscription?.terms?.catalog).toBe('monthly@1');
  });

  test('the country at finalization counts; later changes do not', () => {
    const harness = new BillingHarness().run(
      open('EUR'),
      details('FR'),
      buy('developer'),
      details('DE'),
      '05-11T09:00',
    );
    expect([document(harness)?.tax, document(harness, 'org.2')?.tax]).toEqual([667, 638]);
    expect(document(harness)).toMatchObject({ country: 'FR', detailsHash: 'FRfalse' });
  });
});

describe('numbers', () => {
  test('b44: without a gap, also with void invoices and dropped drafts', () => {
    const harness = manual().run(byHand('developer'), voided('ABC-000001'), buy('developer'));
    harness.run({ type: 'SetReview', on: true }, buy('startup'));
    expect(harness.invoices).toEqual([
      ['ABC-000001', 'void', 2999],
      ['ABC-000002', 'void', 2999],
    ]);
    const [draft] = draftsOf(harness.account);
    expect(draft).toMatchObject({ invoiceId: 'org.3', cause: 'subscribe' });
    harness.run({ type: 'DropDraft', invoiceId: 'org.3', reason: 'wrong' }, buy('business'));
    harness.run({ type: 'ReleaseDraft', invoiceId: 'org.4' }, pay('ABC-000003'));
    expect(document(harness, 'org.4')?.number).toBe('ABC-000003');
    const note = harness.when({ type: 'IssueCreditNote', invoice: 'ABC-000003', amount: 100, reason: 'goodwill' });
    expect(note.answer).toMatchObject({ number: 'ABC-CN-000001' });
    expect(harness.account.invoices).toBe(3);
  });

  test('in test mode they begin with TEST-', () => {
    const harness = subscriber('developer', { mode: 'test' }).run({
      ...credit(100),
      invoice: 'TEST-ABC-000001',
    } as BillingStep);
    expect(harness.invoices[0]?.[0]).toBe('TEST-ABC-000001');
    expect(harness.events('CreditNoteNumbered')[0]?.number).toBe('TEST-ABC-CN-000001');
  });

  test('the first prefix stays', () => {
    const harness = subscriber('developer').run({ type: 'SellTopUp', topUp: 'pack', reason: 'r', prefix: 'XYZ' });
    expect(harness.invoices[1]?.[0]).toBe('ABC-000002');
  });
});

describe('credit notes', () => {
  test('over a paid invoice, cumulative and never above it', () => {
    const harness = new BillingHarness().run(open('EUR'), details('DE'), buy('developer'));
    const answers = [2599, 1400, 1].map((amount) => harness.when(credit(amount)).answer);
    expect(answers).toMatchObject([
      { net: 2184, tax: 415, gross: 2599, number: 'ABC-CN-000001' },
      { net: 1177, tax: 223, gross: 1400, number: 'ABC-CN-000002' },
      { refusal: { code: 'amount_too_high', maximum: 0 } },
    ]);
    expect(harness.documents.get('org.1')?.status).toBe('paid');
    expect(statusOf(harness.account)).toBe('active');
  });

  test('over the whole of an open invoice: it is paid with nothing, and sells nothing', () => {
    const harness = manual().run(byHand('developer'), credit(2999));
    expect(harness.invoices).toEqual([['ABC-000001', 'paid', 2999]]);
    expect([statusOf(harness.account), harness.account.purchase, harness.ledger.available]).toEqual([
      'none',
      undefined,
      0,
    ]);
  });

  test('over a part of it: the rest is due, and buys the plan', () => {
    const harness = manual().run(byHand('developer'), credit(999));
    expect(harness.when(pay('ABC-000001', { amount: 2001 }))).toMatchObject({
      answer: { refusal: { code: 'amount_too_high', maximum: 2000 } },
    });
    harness.run(pay('ABC-000001'));
    expect(harness.documents.get('org.1')).toMatchObject({ status: 'paid', payments: [{ amount: 2000 }] });
    expect(harness.ledger.available).toBe(1000);
  });

  test('the last part by a note: the plan is bought as well', () => {
    const harness = manual().run(byHand('developer'), pay('ABC-000001', { amount: 2000 }), credit(999));
    expect([statusOf(harness.account), harness.ledger.available]).toEqual(['active', 1000]);
  });

  test('over the whole of an open renewal: the subscription ends', () => {
    const harness = manual().run(byHand('developer'), pay('ABC-000001'), '05-12T09:00');
    harness.run(credit(2999, { invoice: 'ABC-000002' }));
    expect(statusOf(harness.account)).toBe('ended');
    expect(harness.documents.get('org.2')).toMatchObject({ status: 'paid', payments: [] });
    expect(harness.events('InvoiceStatusChanged')).toEqual([]);
  });

  test('in two notes over the whole of an open renewal: the subscription ends as well', () => {
    const harness = manual().run(byHand('developer'), pay('ABC-000001'), '05-12T09:00');
    harness.run(credit(1000, { invoice: 'ABC-000002' }), credit(1999, { invoice: 'ABC-000002' }));
    expect([statusOf(harness.account), harness.account.renewal]).toEqual(['ended', undefined]);
  });

  test('a repeated request gets the first answer', () => {
    const harness = subscriber('developer');
    const first = harness.when(credit(100, { requestId: 'r-1' })).answer;
    expect(harness.when(credit(100, { requestId: 'r-1' }))).toEqual({
      answer: { ...first, repeated: true },
      events: [],
    });
  });

  test.each([
    ['an unknown invoice', { invoice: 'ABC-000009' }, 'unknown_invoice'],
    ['nothing', { amount: 0 }, 'invalid_command'],
    ['a fraction', { amount: 0.5 }, 'invalid_command'],
  ])('%s is refused', (_, more, code) => {
    expect(refusalOf(subscriber('developer').when(credit(1, more)))).toBe(code);
  });
});

describe('payments by hand', () => {
  test('in parts: the plan is bought with the last one', () => {
    const harness = manual().run(byHand('developer'));
    const part = harness.when(pay('org.1', { amount: 1000, reference: 'R1' })).answer;
    expect(part).toMatchObject({ kind: 'payment-recorded', number: 'ABC-000001', amount: 1000, due: { amount: 1999 } });
    expect(harness.ledger.available).toBe(0);
    expect(harness.when(pay('ABC-000001')).answer).toMatchObject({ amount: 1999, due: { amount: 0 } });
    expect(harness.ledger.available).toBe(1000);
    expect(refusalOf(harness.when(pay('ABC-000001')))).toBe('invoice_paid');
    expect(harness.documents.get('org.1')?.payments.map(({ paymentId }) => paymentId)).toEqual([
      'org.1.payment.1',
      'org.1.payment.2',
    ]);
  });

  test('a repeated request is recorded once', () => {
    const harness = manual().run(byHand('developer'));
    const part = pay('org.1', { amount: 1000, requestId: 'r-1' });
    const first = harness.when(part).answer;
    expect(harness.when(part)).toEqual({ answer: { ...first, repeated: true }, events: [] });
  });

  test.each([
    ['of an unknown invoice', pay('ABC-000007'), 'unknown_invoice'],
    ['of more than is due', pay('org.1', { amount: 3000 }), 'amount_too_high'],
    ['of nothing', pay('org.1', { amount: 0 }), 'invalid_command'],
    ['in the future', pay('org.1', { paidAt: '2026-04-12T00:00:00.000Z' }), 'invalid_command'],
  ])('%s is refused', (_, step, code) => {
    expect(refusalOf(manual().run(byHand('developer')).when(step))).toBe(code);
  });

  test('a lapsed purchase that was paid in part is credited in full', () => {
    const harness = manual().run(byHand('developer'), pay('org.1', { amount: 1000 }), '04-25T09:00');
    expect(harness.documents.get('org.1')).toMatchObject({
      status: 'paid',
      payments: [{ amount: 1000 }],
      creditNotes: [{ gross: 2999 }],
    });
    expect([statusOf(harness.account), harness.account.purchase, harness.ledger.available]).toEqual([
      'none',
      undefined,
      0,
    ]);
  });

  test('while the card is being charged, no money is recorded by hand', () => {
    const harness = new BillingHarness().run(open());
    harness.next.push('processing');
    harness.run(buy('developer'));
    expect(refusalOf(harness.when(pay('ABC-000001')))).toBe('charge_in_progress');
    expect(refusalOf(harness.when(credit(1)))).toBe('charge_in_progress');
  });
});

describe('money of a charge', () => {
  const charged = (outcome: object, chargeId = 'org.1.1'): BillingHarness => {
    const harness = new BillingHarness().run(open());
    harness.next.push('processing');
    const paid = { kind: 'paid', amount: 2999, currency: 'USD', providerTime: harness.now, ...outcome };
    const noted = { type: 'NoteChargeOutcome', chargeId, outcome: paid } as BillingStep;
    return harness.run(buy('developer'), noted, noted);
  };

  test.each([
    ['another amount', { amount: 2998 }, 'org.1.1', 'amount'],
    ['another currency', { currency: 'EUR' }, 'org.1.1', 'currency'],
    ['a charge that was not requested', {}, 'org.1.2', 'unknown_charge'],
  ])('%s is parked once, and buys nothing', (_, outcome, chargeId, reason) => {
    const harness = charged(outcome, chargeId);
    expect(harness.events('PaymentParked')).toMatchObject([{ reason, chargeId }]);
    expect([harness.invoices[0]?.[1], harness.ledger.available]).toEqual(['open', 0]);
  });

  test('the same message twice is one payment', () => {
    const harness = charged({});
    expect(harness.events('PaymentReceived')).toHaveLength(1);
    expect([harness.events('RefundRequested'), harness.ledger.available]).toEqual([[], 1000]);
  });

  test('of an unknown invoice is refused', () => {
    const outcome = { kind: 'failed', hard: false } as const;
    const step: BillingStep = { type: 'NoteChargeOutcome', chargeId: 'org.7.1', outcome };
    expect(refusalOf(subscriber('developer').when(step))).toBe('unknown_invoice');
  });
});

describe('void and write-off', () => {
  test('a void renewal ends the subscription; a void upgrade and a void purchase sell nothing', () => {
    const harness = manual().run(byHand('developer'), pay('org.1'), '04-26T09:00');
    const offer = previewChange(harness.policy, harness.account, 'startup', harness.now);
    harness.run({ type: 'ConfirmChange', changeId: 'id' in offer ? offer.id : '' }, voided('ABC-000002'));
    expect(harness.events('UpgradeLapsed')).toMatchObject([{ reason: 'void' }]);
    expect(harness.account.subscription?.plan).toBe('developer');
    harness.at('05-12T09:00').run(voided('ABC-000003'), voided('ABC-000003'));
    expect([statusOf(harness.account), harness.account.ended?.reason]).toEqual(['ended', 'void']);
    expect(harness.events('InvoiceStatusChanged').map(({ status, reason }) => [status, reason])).toEqual([
      ['void', 'mistake'],
      ['void', 'mistake'],
    ]);
  });

  test.each([
    ['void: paid', voided('ABC-000001'), 'invoice_paid'],
    ['write off: paid', { type: 'WriteOffInvoice', invoice: 'ABC-000001', reason: 'r' } as const, 'invoice_paid'],
    ['void: unknown', voided('ABC-000002'), 'unknown_invoice'],
  ])('%s', (_, step, code) => expect(refusalOf(subscriber('developer').when(step))).toBe(code));

  test.each([
    ['void with a payment', [pay('org.1', { amount: 1 })], voided('ABC-000001'), 'invoice_has_payments'],
    [
      'write off an open one',
      [],
      { type: 'WriteOffInvoice', invoice: 'ABC-000001', reason: 'r' } as const,
      'invoice_not_uncollectible',
    ],
  ])('%s', (_, steps, step, code) =>
    expect(
      refusalOf(
        manual()
          .run(byHand('developer'), ...steps)
          .when(step),
      ),
    ).toBe(code),
  );
});

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
