import { BillingHarness, type BillingStep } from '../../support/billing-harness';
import { buy, open, refusalOf, subscriber } from '../../support/steps';
import { catalogOf, MONTHLY, PACKAGES } from '../../support/catalogs';
import { previewChange, subscriptionSummary, type ChangeOffer } from '..';

const offerOf = (harness: BillingHarness, plan: string): ChangeOffer => {
  const offer = previewChange(harness.policy, harness.account, plan, harness.now);
  if ('code' in offer) throw new Error(offer.message);
  return offer;
};
const confirm = (offer: ChangeOffer): BillingStep => ({ type: 'ConfirmChange', changeId: offer.id });
const change = (harness: BillingHarness, plan: string) => harness.when(confirm(offerOf(harness, plan)));
const amounts = (harness: BillingHarness, invoice: string) =>
  harness.documents.get(invoice)?.invoice?.lines.map(({ amount }) => amount);

describe('an upgrade is prorated to the second, in money and credits', () => {
  test('b01: half of the period is left', () => {
    const harness = subscriber('developer');
    harness.ledger.use(400);
    harness.at('04-26T09:00');
    const { answer } = change(harness, 'startup');
    expect(answer).toMatchObject({ kind: 'invoiced', number: 'ABC-000002', due: { amount: 4500, currency: 'USD' } });
    expect(amounts(harness, 'org.2')).toEqual([-1500, 6000]);
    expect(harness.ledger.available).toBe(2600);
    expect(harness.ledger.grants.at(-1)).toMatchObject({ credits: 2000, expiresAt: '2026-05-11T09:00:00.000Z' });
    harness.at('05-11T09:00');
    expect(harness.documents.get('org.3')?.invoice).toMatchObject({ gross: 11999 });
    expect(harness.ledger.available).toBe(5000);
  });

  test('b02: one thirtieth is left', () => {
    const harness = subscriber('developer');
    harness.ledger.use(1000);
    harness.at('05-10T09:00');
    expect(change(harness, 'startup').answer).toMatchObject({ due: { amount: 300 } });
    expect(amounts(harness, 'org.2')).toEqual([-100, 400]);
    expect(harness.ledger.available).toBe(133);
  });

  test('b03: a second upgrade in the same period', () => {
    const harness = subscriber('developer').at('04-26T09:00');
    change(harness, 'startup');
    harness.at('05-03T21:00');
    expect(change(harness, 'business').answer).toMatchObject({ due: { amount: 5000 } });
    expect(amounts(harness, 'org.3')).toEqual([-3000, 8000]);
    expect(harness.ledger.grants.map(({ credits }) => credits)).toEqual([1000, 2000, 2500]);
  });

  test('b04: an offer is valid for ten minutes', () => {
    const harness = subscriber('developer').at('04-26T09:00');
    const offer = offerOf(harness, 'startup');
    harness.at('04-26T09:11');
    const late = harness.when(confirm(offer));
    expect(late).toMatchObject({
      answer: { refusal: { code: 'change_expired', offer: { due: { amount: 4497 }, credits: 1999 } } },
      events: [],
    });
    const { answer } = subscriber('developer').at('04-26T09:10').when(confirm(offer));
    expect(answer).toMatchObject({ kind: 'invoiced', due: { amount: 4500 } });
  });

  test('an offer of another organization, of the future, or before a change of terms does not hold', () => {
    const harness = subscriber('developer').at('04-26T09:00');
    const { id } = offerOf(harness, 'startup');
    const withId = (changeId: string) => refusalOf(harness.when({ type: 'ConfirmChange', changeId }));
    expect(withId(id.replace(/~org$/, '~other'))).toBe('unknown_change');
    expect(withId('startup')).toBe('unknown_change');
    expect(withId(id.replace(/~\d+~/, '~1999999999~'))).toBe('change_expired');
    expect(withId(id.replace('~4500~', '~4400~'))).toBe('change_expired');
    harness.run({ type: 'CancelSubscription', when: 'period-end' });
    expect(withId(id)).toBe('change_expired');
  });

  test('a declined upgrade changes nothing: its invoice is void', () => {
    const harness = subscriber('developer').at('04-26T09:00');
    harness.next.push('declined');
    change(harness, 'startup');
    expect(harness.invoices.at(-1)).toEqual(['ABC-000002', 'void', 4500]);
    expect(harness.account).toMatchObject({ subscription: { plan: 'developer' }, upgrade: undefined });
    expect([harness.ledger.plan, harness.ledger.available]).toEqual(['developer', 1000]);
  });

  test('an upgrade that waits for the customer lapses after 24 hours, or at the end of the period', () => {
    for (const [from, to] of [
      ['04-26T09:00', '04-27T09:00'],
      ['05-10T21:00', '05-11T09:00'],
    ] as const) {
      const harness = subscriber('developer').at(from);
      harness.next.push('requires_action');
      change(harness, 'startup');
      expect(previewChange(harness.policy, harness.account, 'business', harness.now)).toMatchObject({
        code: 'change_pending',
      });
      harness.at(to);
      expect(harness.invoices[1]).toEqual(['ABC-000002', 'void', expect.any(Number)]);
      expect(harness.account.upgrade).toBeUndefined();
      // The customer confirms too late.
      harness.settleCharges('paid');
      expect(harness.events('RefundRequested')).toMatchObject([{ chargeId: 'org.2.1', reason: 'invoice_void' }]);
      expect(harness.account.subscription?.plan).toBe('developer');
    }
  });
  test('between equal prices: at once, without an invoice', () => {
    const harness = subscriber('business').at('04-26T09:00');
    expect(change(harness, 'business-eu').answer).toMatchObject({ carried: true, due: { amount: 0 } });
    expect(harness.ledger.plan).toBe('business-eu');
    expect(harness.ledger.available).toBe(15500);
    expect([harness.account.carried, harness.invoices.length]).toEqual([[], 1]);
  });

  test('below the minimum charge: the change happens, the cents wait for the renewal', () => {
    const harness = subscriber('developer').at('04-26T09:00');
    expect(change(harness, 'tiny').answer).toMatchObject({ carried: true, due: { amount: 0 } });
    expect([harness.ledger.plan, harness.ledger.available, harness.account.invoices]).toEqual(['tiny', 1050, 1]);
    harness.at('05-11T09:00');
    const { invoice } = harness.documents.get('org.3')!;
    expect(invoice).toMatchObject({ number: 'ABC-000002', gross: 3044 });
    expect(invoice?.lines.map(({ kind, amount, carriedFrom }) => [kind, amount, carriedFrom])).toEqual([
      ['plan', 3029, undefined],
      ['carried', -1500, 'org.2:0'],
      ['carried', 1515, 'org.2:1'],
    ]);
    expect(harness.account.carried).toEqual([]);
    expect(harness.ledger.available).toBe(1100);
  });
});

test('two changes below the minimum charge: the renewal has the lines of both', () => {
  const harness = subscriber('developer').at('04-26T09:00');
  change(harness, 'tiny');
  harness.at('05-01T09:00');
  change(harness, 'tiny-plus');
  harness.at('05-11T09:00');
  const lines = harness.documents.get('org.4')?.invoice?.lines.filter(({ kind }) => kind === 'carried');
  expect(lines?.map(({ amount }) => amount)).toEqual([-1500, 1515, -1010, 1020]);
});

test.each([
  ['developer', 'same_plan'],
  ['weekly', 'period_differs'],
  ['gold', 'unknown_plan'],
])('a change to %s is refused: %s', (plan, code) => {
  const harness = subscriber('developer');
  expect(previewChange(harness.policy, harness.account, plan, harness.now)).toMatchObject({ code });
});

test('with upgrade full, a change between equal prices keeps the period', () => {
  const catalog = catalogOf(
    PACKAGES,
    ['- { id: b, name: B, credits: 5000,', '- { id: b, name: B, credits: 3000,'],
    ['"79.00"', '"19.00"'],
  );
  const harness = new BillingHarness({ catalog });
  Object.assign(harness.ledger.lengths, { a: { days: 30 }, b: { days: 30 } });
  harness.run(open(), buy('a'), '04-26T09:00');
  expect(change(harness, 'b').answer).toMatchObject({ carried: true, due: { amount: 0 } });
  expect(harness.account.subscription).toMatchObject({ plan: 'b', anchor: { start: '2026-04-11T09:00:00.000Z' } });
  expect(harness.ledger.available).toBe(2000);
});

test('where the length of periods has changed, the period of the ledger counts', () => {
  const before = catalogOf(MONTHLY);
  const after = catalogOf(MONTHLY, [
    'name: Developer, credits: 1000',
    'name: Developer, period: { days: 30 }, credits: 1000',
  ]);
  const harness = new BillingHarness({ catalog: before, catalogAt: (at) => (at < '2026-05' ? before : after) });
  harness.run(open(), buy('developer'));
  const applied = {
    plan: 'developer',
    anchor: '2026-05-11T09:00:01.000Z',
    grantId: 'g',
    expiresAt: '2026-06-10T09:00:01.000Z',
  };
  const period = { start: applied.anchor, end: applied.expiresAt };
  harness.aroundEffect = ({ ledger, account }, when) => {
    const effect = account.effects[0]?.effect;
    if (when === 'before' && effect?.type === 'apply-plan-payment')
      Object.assign(ledger, { carryOut: () => ({ ...applied, period }) });
  };
  harness.at('05-11T09:00');
  expect(harness.account.subscription).toMatchObject({
    period,
    anchor: { start: applied.anchor, length: { days: 30 } },
  });
});

describe('a downgrade takes effect at the end of the period', () => {
  const downgraded = () => {
    const harness = subscriber('startup');
    harness.ledger.use(2000);
    harness.at('04-20T12:00');
    const { answer } = change(harness, 'developer');
    return { harness, answer };
  };

  test('b05: no money, no credits taken; then the new price', () => {
    const { harness, answer } = downgraded();
    expect(answer).toMatchObject({ kind: 'scheduled', plan: 'developer', at: '2026-05-11T09:00:00.000Z' });
    harness.at('05-11T08:59');
    expect([harness.ledger.plan, harness.ledger.available, harness.invoices.length]).toEqual(['startup', 3000, 1]);
    harness.at('05-11T09:00');
    expect(harness.invoices.at(-1)).toEqual(['ABC-000002', 'paid', 2999]);
    expect([harness.ledger.plan, harness.ledger.available]).toEqual(['developer', 1000]);
    expect(harness.account.subscription?.downgrade).toBeUndefined();
  });

  test('b06: withdrawn', () => {
    const { harness, answer } = downgraded();
    const changeId = answer.kind === 'scheduled' ? answer.changeId : '';
    harness.at('04-30T09:00');
    expect(subscriptionSummary(harness.account, harness.now).downgrade).toMatchObject({ plan: 'developer' });
    harness.run({ type: 'WithdrawChange', changeId }, { type: 'WithdrawChange', changeId }, '05-11T09:00');
    expect(harness.events('DowngradeWithdrawn')).toHaveLength(1);
    expect(harness.invoices.at(-1)).toEqual(['ABC-000002', 'paid', 11999]);
  });

  test('b06: an upgrade clears it when it is paid', () => {
    const { harness } = downgraded();
    harness.at('05-01T09:00');
    harness.next.push('declined');
    change(harness, 'business');
    expect(harness.account.subscription?.downgrade).toMatchObject({ plan: 'developer' });
    change(harness, 'business');
    expect(harness.account.subscription?.downgrade).toBeUndefined();
    expect(harness.ledger.scheduled).toBeUndefined();
    harness.at('05-11T09:00');
    expect(harness.invoices.at(-1)).toMatchObject([expect.anything(), 'paid', 31999]);
  });

  test('another one replaces it', () => {
    const harness = subscriber('business').at('04-20T09:00');
    change(harness, 'startup');
    change(harness, 'developer');
    harness.at('05-11T09:00');
    expect(harness.invoices.at(-1)).toEqual(['ABC-000002', 'paid', 2999]);
  });
});

test('b08: a renewal has the price of the catalog at its start', () => {
  const before = catalogOf(MONTHLY);
  const after = catalogOf(
    MONTHLY,
    ['USD: "29.99"', 'USD: "34.99"'],
    ['USD: "30.29"', 'USD: "35.29"'],
    ['USD: "30.59"', 'USD: "35.59"'],
    ['version: "1"', 'version: "2"'],
  );
  const catalogAt = (at: string) => (at < '2026-05-01' ? before : after);
  const harness = new BillingHarness({ catalogAt, catalog: before });
  harness.now = '2026-04-28T09:00:00.000Z';
  harness.run(open(), buy('developer'), '05-28T09:00');
  expect(harness.invoices).toEqual([
    ['ABC-000001', 'paid', 2999],
    ['ABC-000002', 'paid', 3499],
  ]);
  expect(harness.account.subscription?.terms?.catalog).toBe('monthly@2');
});

test('b09: with upgrade full, the new package starts a new period and the old one lives to its date', () => {
  const harness = new BillingHarness({ catalog: catalogOf(PACKAGES) });
  Object.assign(harness.ledger.lengths, { a: { days: 30 }, b: { days: 30 } });
  harness.now = '2026-01-15T10:00:00.000Z';
  harness.run(open(), buy('a'));
  harness.ledger.use(900);
  harness.at('01-30T10:00');
  expect(change(harness, 'b').answer).toMatchObject({ due: { amount: 7900 } });
  expect([harness.ledger.plan, harness.ledger.available]).toEqual(['b', 5100]);
  expect(harness.ledger.grants.map(({ expiresAt }) => expiresAt)).toEqual([
    '2026-02-14T10:00:00.000Z',
    '2026-03-01T10:00:00.000Z',
  ]);
  harness.at('02-14T10:00');
  expect([harness.ledger.available, harness.invoices.length]).toEqual([5000, 2]);
  harness.at('03-01T10:00').at('03-31T10:00');
  expect(harness.invoices.slice(2)).toEqual([
    ['ABC-000003', 'paid', 7900],
    ['ABC-000004', 'paid', 7900],
  ]);
  expect(harness.ledger.available).toBe(5000);
});
