import { BillingHarness, type BillingStep } from '../../support/billing-harness';
import { buy, open, pay, refusalOf, subscriber } from '../../support/steps';
import { catalogOf, MONTHLY, PACKAGES } from '../../support/catalogs';
import { previewChange, statusOf, subscriptionSummary } from '..';

const manually: BillingStep = { type: 'SetPaymentMethod', method: { kind: 'manual', termsDays: 14 } };
const card = (paymentMethodId: string): BillingStep => ({ type: 'NoteCard', added: true, paymentMethodId });
const times = (harness: BillingHarness, type: string): string[] =>
  harness.stored
    .map((text) => JSON.parse(text))
    .filter((event) => event.type === type)
    .map(({ metadata }) => metadata.recordedAt.slice(5, 16));

describe('b10: renewals keep the day of the first payment', () => {
  test.each([
    ['2026-01-31T22:15:00.000Z', ['02-28T22:15', '03-31T22:15', '04-30T22:15']],
    ['2028-01-31T22:15:00.000Z', ['02-29T22:15', '03-31T22:15', '04-30T22:15']],
  ])('bought %s', (start, ends) => {
    const harness = new BillingHarness();
    harness.now = start;
    harness.run(open(), buy('developer'), '05-01T00:00');
    expect(times(harness, 'RenewalStarted')).toEqual(ends);
    expect(harness.events('InvoiceNumbered').map(({ issuedAt }) => issuedAt.slice(5, 16))).toEqual([
      start.slice(5, 16),
      ...ends,
    ]);
    expect(harness.ledger.available).toBe(1000);
  });
});

describe('b12: while the first attempt is under way, the rest of the package stays usable', () => {
  const renewing = () => {
    const harness = subscriber('startup');
    harness.ledger.use(4300);
    harness.next.push('processing');
    harness.at('05-11T09:30');
    expect([harness.ledger.available, statusOf(harness.account)]).toEqual([700, 'active']);
    harness.ledger.use(50);
    harness.now = '2026-05-11T10:00:20.000Z';
    return harness;
  };

  test('paid: the rest expires and the new package is granted', () => {
    const harness = renewing();
    harness.settleCharges('paid');
    expect(harness.ledger.grants.map(({ available }) => available)).toEqual([0, 5000]);
    expect(harness.ledger.grants[1]).toMatchObject({ expiresAt: '2026-06-11T09:00:00.000Z' });
  });

  test('failed: the rest expires', () => {
    const harness = renewing();
    harness.settleCharges('declined');
    expect([harness.ledger.available, statusOf(harness.account)]).toEqual([0, 'past_due']);
  });

  test('without an outcome it fails after 24 hours; a plan cannot be changed until then', () => {
    const harness = renewing();
    expect(previewChange(harness.policy, harness.account, 'business', harness.now)).toMatchObject({
      code: 'renewal_in_progress',
    });
    harness.at('05-12T08:59');
    expect(statusOf(harness.account)).toBe('active');
    harness.at('05-12T09:00');
    expect([harness.ledger.available, statusOf(harness.account)]).toEqual([0, 'past_due']);
  });
});

test('b13: a renewal that is paid late grants until the end of its period', () => {
  const harness = subscriber('developer').run({ type: 'ChooseOverage', overage: 'auto' });
  harness.ledger.give('promotional', 250);
  harness.next.push('declined', 'declined', 'declined', 'declined', 'declined');
  harness.at('05-12T08:00');
  expect(harness.ledger.available).toBe(250);
  harness.ledger.use(10);
  const summary = subscriptionSummary(harness.account, harness.now);
  expect(summary).toMatchObject({ status: 'past_due', paidThrough: '2026-05-11T09:00:00.000Z' });
  expect([harness.ledger.overage, harness.account.overage]).toEqual(['none', 'auto']);
  expect(refusalOf(harness.when({ type: 'ChooseOverage', overage: 'none' }))).toBeUndefined();
  expect(refusalOf(harness.when({ type: 'ChooseOverage', overage: 'auto' }))).toBe('past_due');
  harness.at('05-17T12:00').run(pay('ABC-000002'));
  expect(harness.ledger.grants.at(-1)).toMatchObject({ credits: 1000, expiresAt: '2026-06-11T09:00:00.000Z' });
  expect([harness.ledger.available, statusOf(harness.account)]).toEqual([1240, 'active']);
  harness.at('06-11T09:00');
  expect(harness.events('RenewalStarted').map(({ period }) => period.start.slice(0, 10))).toEqual([
    '2026-05-11',
    '2026-06-11',
  ]);
});

test('auto overage that a failed renewal stopped is on again when it is paid', () => {
  const harness = subscriber('developer').run({ type: 'ChooseOverage', overage: 'auto' });
  harness.next.push('declined');
  harness.at('05-11T10:00');
  expect(harness.ledger.overage).toBe('none');
  harness.at('05-12T09:00');
  expect([harness.ledger.overage, statusOf(harness.account)]).toEqual(['auto', 'active']);
});

describe('dunning: attempts 1, 3, 5 and 7 days after the first failure', () => {
  const declined = (...outcomes: BillingHarness['next']) => {
    const harness = subscriber('developer').at('05-11T08:59');
    harness.next.push('processing', ...outcomes);
    harness.at('05-11T10:00').settleCharges('declined');
    return harness;
  };

  test('b31: after the last one, the subscription ends and the invoice is void', () => {
    const harness = declined('declined', 'declined', 'declined', 'declined').run({
      type: 'SellTopUp',
      topUp: 'pack',
      reason: 'paid by hand',
      prefix: 'XYZ',
    });
    expect(harness.ledger.available).toBe(1000);
    expect(harness.ledger.plan).toBe('developer');
    expect(previewChange(harness.policy, harness.account, 'startup', harness.now)).toMatchObject({ code: 'past_due' });
    harness.at('05-18T09:59');
    expect(times(harness, 'ChargeRequested')).toEqual([
      '04-11T09:00',
      '05-11T09:00',
      '05-12T10:00',
      '05-14T10:00',
      '05-16T10:00',
    ]);
    expect(statusOf(harness.account)).toBe('past_due');
    harness.at('05-18T10:00');
    expect(statusOf(harness.account)).toBe('ended');
    expect(harness.account.ended).toMatchObject({ reason: 'unpaid', plan: 'developer' });
    expect(harness.documents.get('org.2')).toMatchObject({ status: 'void', payments: [] });
    expect([harness.ledger.plan, harness.ledger.available]).toEqual([undefined, 1000]);
    harness.at('07-01T00:00');
    expect(harness.events('RenewalStarted')).toHaveLength(1);
    expect(refusalOf(harness.when(pay('ABC-000002')))).toBe('invoice_not_open');
  });

  test('b32: a new card is charged at once, and the schedule ends with the payment', () => {
    const harness = declined('declined', 'declined').at('05-15T08:00').run(card('pm-2'), card('pm-2'));
    harness.at('06-01T00:00');
    expect(times(harness, 'ChargeRequested').slice(2)).toEqual(['05-12T10:00', '05-14T10:00', '05-15T08:00']);
    expect(harness.documents.get('org.2')?.status).toBe('paid');
    expect(harness.ledger.available).toBe(1000);
  });

  test('a new card that is declined keeps the schedule', () => {
    const harness = declined('declined', 'declined', 'declined', 'declined').at('05-15T08:00').run(card('pm-2'));
    harness.at('06-01T00:00');
    expect(times(harness, 'ChargeRequested').slice(4)).toEqual(['05-15T08:00', '05-16T10:00', '05-18T10:00']);
    expect(harness.documents.get('org.2')?.status).toBe('paid');
  });

  test('a card that is refused for good is not charged again; the end stays on the schedule', () => {
    const harness = declined('declined_hard').at('05-18T09:59');
    expect(times(harness, 'ChargeRequested').slice(2)).toEqual(['05-12T10:00']);
    expect(statusOf(harness.account)).toBe('past_due');
    harness.at('05-18T10:00');
    expect(statusOf(harness.account)).toBe('ended');
  });

  test('without a card, the renewal fails at once', () => {
    const harness = subscriber('developer').run({ type: 'NoteCard', added: false, paymentMethodId: 'pm-1' });
    harness.at('05-11T09:00');
    expect([statusOf(harness.account), harness.ledger.available]).toEqual(['past_due', 0]);
    harness.run(card('pm-2'));
    expect([statusOf(harness.account), harness.ledger.available]).toEqual(['active', 1000]);
  });

  test('an attempt that waits for the customer fails after 24 hours', () => {
    const harness = declined('requires_action').at('05-13T10:00');
    expect(harness.events('ChargeFailed').at(-1)).toMatchObject({ declineCode: 'expired', hard: false });
    harness.settleCharges('paid');
    expect(harness.documents.get('org.2')?.status).toBe('paid');
  });

  test('with other lines, the plan is credited and the rest is uncollectible', () => {
    const harness = subscriber('developer').at('04-26T09:00');
    const offer = previewChange(harness.policy, harness.account, 'tiny', harness.now);
    harness.run({ type: 'ConfirmChange', changeId: 'id' in offer ? offer.id : '' });
    harness.next.push('declined', 'declined', 'declined', 'declined', 'declined');
    harness.at('05-18T09:00');
    const { status, creditNotes } = harness.documents.get('org.3')!;
    expect([status, creditNotes.map(({ number, gross }) => [number, gross])]).toEqual([
      'uncollectible',
      [['ABC-CN-000001', 3029]],
    ]);
    const writeOff: BillingStep = { type: 'WriteOffInvoice', invoice: 'ABC-000002', reason: 'small' };
    harness.run(writeOff, writeOff);
    expect(harness.documents.get('org.3')?.status).toBe('written_off');
    harness.run(pay('ABC-000002'));
    expect(harness.documents.get('org.3')).toMatchObject({ status: 'paid', payments: [{ amount: 15 }] });
    expect([statusOf(harness.account), harness.ledger.available]).toEqual(['ended', 0]);
  });

  test('with other lines and a part that is paid: the note that covers the rest grants nothing', () => {
    const harness = subscriber('developer').at('04-26T09:00');
    const offer = previewChange(harness.policy, harness.account, 'tiny', harness.now);
    harness.run({ type: 'ConfirmChange', changeId: 'id' in offer ? offer.id : '' });
    harness.next.push('declined', 'declined', 'declined', 'declined', 'declined');
    harness
      .at('05-12T12:00')
      .run(pay('ABC-000002', { amount: 1000 }))
      .at('05-18T09:00');
    expect(harness.documents.get('org.3')).toMatchObject({ status: 'paid', creditNotes: [{ gross: 3029 }] });
    expect([statusOf(harness.account), harness.ledger.available]).toEqual(['ended', 0]);
  });

  test('an empty schedule: the first failure is the last', () => {
    const catalog = catalogOf(MONTHLY, ['retryAfterDays: [1, 3, 5, 7]', 'retryAfterDays: []']);
    const harness = subscriber('developer', { catalog });
    harness.next.push('declined');
    harness.at('05-11T09:00');
    expect([statusOf(harness.account), harness.invoices[1]![1]]).toEqual(['ended', 'void']);
  });
});

describe('payment by hand', () => {
  test('nothing fails until the terms have ended; then dunning without attempts', () => {
    const harness = new BillingHarness().run(open('USD', false), manually, buy('developer'), pay('ABC-000001'));
    harness.at('05-25T08:59');
    expect([statusOf(harness.account), harness.ledger.available]).toEqual(['active', 1000]);
    harness.at('05-25T09:00');
    expect([statusOf(harness.account), harness.ledger.available]).toEqual(['past_due', 0]);
    harness.at('06-01T08:59');
    expect(statusOf(harness.account)).toBe('past_due');
    harness.at('06-01T09:00');
    expect([statusOf(harness.account), harness.invoices[1]![1]]).toEqual(['ended', 'void']);
    expect(times(harness, 'ChargeRequested')).toEqual([]);
  });

  test('a payment by an operator makes the organization pay by hand', () => {
    const harness = new BillingHarness().run(open('USD', false), buy('developer', { provider: 'manual' }));
    expect(harness.account.manual).toEqual({ termsDays: 14 });
    expect(harness.ledger.available).toBe(0);
    harness.run(pay('ABC-000001'), '05-11T09:00');
    expect(harness.invoices[1]).toEqual(['ABC-000002', 'open', 2999]);
  });

  test('a first invoice that is not paid is void at the end of the terms', () => {
    const harness = new BillingHarness().run(open('USD', false), manually, buy('developer'), '04-25T09:00');
    expect([statusOf(harness.account), harness.invoices]).toEqual(['none', [['ABC-000001', 'void', 2999]]]);
  });

  test('setting and leaving it moves the end of the grace', () => {
    const harness = subscriber('developer').run(manually);
    expect(harness.ledger.grants[0]?.graceUntil).toBe('2026-05-25T09:00:00.000Z');
    harness.run({ type: 'SetPaymentMethod', method: { kind: 'card' } });
    expect(harness.ledger.grants[0]?.graceUntil).toBe('2026-05-12T09:00:00.000Z');
  });

  test.each([
    [20, undefined],
    [21, 'terms_too_long'],
  ])('terms of %d days: %s', (termsDays, code) => {
    const step: BillingStep = { type: 'SetPaymentMethod', method: { kind: 'manual', termsDays } };
    expect(refusalOf(new BillingHarness().run(open()).when(step))).toBe(code);
  });
});

test('D10: a package with a term of its own lasts from its payment; the next renewal stays on the anchor', () => {
  const harness = new BillingHarness({ catalog: catalogOf(PACKAGES) });
  Object.assign(harness.ledger.lengths, { a: { days: 30 } });
  harness.now = '2026-01-01T10:00:00.000Z';
  harness.run(open(), buy('a'));
  harness.next.push('declined', 'declined', 'declined', 'declined');
  harness.at('02-05T12:00').run(pay('ABC-000002', { paidAt: '2026-02-04T12:00:00.000Z' }));
  expect(harness.ledger.grants.at(-1)).toMatchObject({ credits: 1000, expiresAt: '2026-03-06T12:00:00.000Z' });
  harness.at('03-02T10:00');
  expect(harness.events('RenewalStarted').at(-1)?.period.start).toBe('2026-03-02T10:00:00.000Z');
  expect(harness.ledger.available).toBe(2000);
  harness.at('03-06T12:00');
  expect(harness.ledger.available).toBe(1000);
});
