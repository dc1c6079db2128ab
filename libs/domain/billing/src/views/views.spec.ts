import type { Row, StreamEvent, View } from '@tallystick/domain/kernel';
import { BillingHarness } from '../../support/billing-harness';
import { buy, open, pay, subscriber } from '../../support/steps';
import { BILLING_VIEWS, INVOICE_VIEWS, nextDue, type BillingEvent, type InvoiceEvent } from '..';

const [subscriptions, payments] = BILLING_VIEWS;
const [invoices] = INVOICE_VIEWS;

/** The rows of a view, read and written for each event as a store does it. */
function rowsOf<Event>(view: View<StreamEvent<Event>>, entityId: string, events: readonly Event[]): Row[] {
  const rows = new Map<string, Row>();
  events.forEach((event, revision) => {
    const streamEvent = { entityId, revision, event };
    for (const key of view.keysOf(streamEvent)) {
      const name = JSON.stringify(key);
      expect(view.isFirst(streamEvent) && rows.has(name)).toBe(false);
      const row = view.write(view.fold(view.read(rows.get(name), key), streamEvent));
      expect(Object.keys(row).sort()).toEqual(Object.keys(view.table.columns).sort());
      rows.set(name, JSON.parse(JSON.stringify(row)));
    }
  });
  return [...rows.values()];
}
const eventsOf = ({ stored }: BillingHarness): BillingEvent[] => stored.map((text) => JSON.parse(text));

test('a subscription: its account, when something is due, and how many effects are pending', () => {
  const harness = subscriber('developer');
  const [row] = rowsOf(subscriptions!, 'org', eventsOf(harness));
  expect(row).toMatchObject({
    ...{ organizationId: 'org', status: 'active', plan: 'developer', dueAt: '2026-05-11T09:00:00.000Z' },
    ...{ pendingEffects: 0, damagedAt: null, revision: harness.stored.length - 1 },
  });
  expect(JSON.parse(row!['account'] as string)).toEqual(JSON.parse(JSON.stringify(harness.account)));
  harness.decide({ type: 'CancelSubscription', when: 'now' });
  expect(rowsOf(subscriptions!, 'org', eventsOf(harness))[0]).toMatchObject({
    ...{ status: 'ended', plan: null, dueAt: nextDue(harness.account) ?? null, pendingEffects: 2 },
  });
});

test('an event that cannot be folded damages the row, and later ones are ignored', () => {
  const events = eventsOf(subscriber('developer'));
  const at = events.findIndex(({ type }) => type === 'PaymentReceived');
  Object.assign(events[at]!.data, { amount: 3000 });
  expect(rowsOf(subscriptions!, 'org', events)[0]).toMatchObject({ damagedAt: at, revision: at - 1 });
});

test('payments: a row for each charge and each payment by hand', () => {
  const harness = new BillingHarness().run(open());
  harness.next.push('requires_action', 'declined', 'processing');
  harness.run(buy('developer'), '04-12T09:00', buy('startup'), buy('developer'));
  harness.settleCharges('paid');
  harness.run({ type: 'SellTopUp', topUp: 'pack', reason: 'by hand', prefix: 'ABC' });
  harness.next.push('declined');
  harness.at('05-12T09:00').run(pay('ABC-000005', { reference: 'R1', paidAt: '2026-05-12T08:00:00.000Z' }));
  const shown = rowsOf(payments!, 'org', eventsOf(harness)).map((row) =>
    ['paymentId', 'status', 'provider', 'amount', 'attempt', 'declineCode', 'url', 'reference'].map(
      (name) => row[name],
    ),
  );
  expect(shown).toEqual([
    ['org.1.1', 'refund_requested', 'card', 2999, 1, null, null, null],
    ['org.2.1', 'failed', 'card', 11999, 1, 'card_declined', null, null],
    ['org.3.1', 'paid', 'card', 2999, 1, null, null, null],
    ['org.4.payment.1', 'paid', 'manual', 1000, null, null, null, null],
    ['org.5.1', 'failed', 'card', 2999, 1, 'card_declined', null, null],
    ['org.5.payment.1', 'paid', 'manual', 2999, null, null, null, 'R1'],
  ]);
});

test('invoices: a row with the document', () => {
  const harness = subscriber('developer');
  const { invoice, payments: received } = harness.documents.get('org.1')!;
  const metadata = { schemaVersion: 1, occurredAt: harness.now, recordedAt: harness.now };
  const events: readonly InvoiceEvent[] = [
    { type: 'InvoiceFinalized', data: invoice!, metadata },
    { type: 'PaymentRecorded', data: received[0]!, metadata },
  ];
  expect(rowsOf(invoices!, 'org.1', events.slice(0, 1))[0]).toMatchObject({ status: 'open', due: 2999 });
  const [row] = rowsOf(invoices!, 'org.1', events);
  expect(row).toMatchObject({
    ...{ invoiceId: 'org.1', organizationId: 'org', number: 'ABC-000001', status: 'paid', currency: 'USD' },
    ...{ issuedAt: harness.now, gross: 2999, due: 0, revision: 1, damagedAt: null },
  });
  expect(JSON.parse(row!['document'] as string)).toEqual(harness.documents.get('org.1'));
  const tooMuch: InvoiceEvent = { ...events[1]!, data: { ...received[0]!, amount: 3000 } } as InvoiceEvent;
  expect(rowsOf(invoices!, 'org.1', [events[0]!, tooMuch])[0]).toMatchObject({ damagedAt: 1, revision: 0 });
});
