import { BillingHarness, type BillingStep } from '../../support/billing-harness';
import { buy, details, open, pay } from '../../support/steps';
import {
  auditBilling,
  auditInvoice,
  newBillingAudit,
  newInvoiceAudit,
  previewChange,
  type BillingEvent,
  type InvoiceEvent,
} from '..';

type Edit = (events: BillingEvent[]) => unknown;

/** A history with every kind of document: upgrade, renewal that is past due, credit notes, a void invoice, a top-up. */
function history(): BillingEvent[] {
  const harness = new BillingHarness().run(open(), details('US'), buy('developer'), '04-26T09:00');
  const offer = previewChange(harness.policy, harness.account, 'startup', harness.now);
  harness.run({ type: 'ConfirmChange', changeId: 'id' in offer ? offer.id : '' });
  harness.next.push('declined');
  const credit: BillingStep = { type: 'IssueCreditNote', invoice: 'ABC-000001', amount: 2999, reason: 'goodwill' };
  harness.run('05-13T09:00', credit, { type: 'SellTopUp', topUp: 'pack', reason: 'by hand', prefix: 'ABC' });
  harness.run({ type: 'CancelSubscription', when: 'now' }, buy('developer', { provider: 'manual' }));
  harness.run({ type: 'VoidInvoice', invoice: 'ABC-000005', reason: 'mistake' }, buy('startup'), pay('ABC-000006'));
  return harness.stored.map((text) => JSON.parse(text));
}
const breachesOf = (events: readonly BillingEvent[], from = 0): string[] => {
  const audit = newBillingAudit();
  return events.flatMap((event, revision) => auditBilling(audit, event, revision + from));
};
const at = (events: readonly BillingEvent[], type: BillingEvent['type'], nth = 0): number =>
  events.indexOf(events.filter((event) => event.type === type).at(nth)!);
/** Adds to amounts and replaces texts of the n-th event of a type. */
const change =
  (type: BillingEvent['type'], changes: Readonly<Record<string, number | string>>, nth = 0): Edit =>
  (events) => {
    const data = events[at(events, type, nth)]!.data as Record<string, unknown>;
    for (const [member, by] of Object.entries(changes))
      data[member] = typeof by === 'number' ? (data[member] as number) + by : by;
  };
const remove =
  (type: BillingEvent['type']): Edit =>
  (events) =>
    events.splice(at(events, type), 1);
const repeat =
  (type: BillingEvent['type']): Edit =>
  (events) =>
    events.splice(at(events, type), 0, structuredClone(events[at(events, type)]!));

test('a history that was decided has no breach', () => {
  const events = history();
  expect(events.filter(({ type }) => type === 'InvoiceNumbered')).toHaveLength(6);
  expect(breachesOf(events)).toEqual([]);
});

const FAULTS: readonly (readonly [name: string, edit: Edit, breach: RegExp])[] = [
  [
    'an earlier time',
    (events) =>
      Object.assign(events[5]!, { metadata: { ...events[5]!.metadata, recordedAt: '2026-01-01T00:00:00.000Z' } }),
    /recorded before/,
  ],
  ['a number that is skipped', change('InvoiceNumbered', { number: 'ABC-000003' }, 1), /number 3 .* 2 is next/],
  ['a number that is used twice', change('InvoiceNumbered', { number: 'ABC-000001' }, 1), /number 1 .* 2 is next/],
  [
    'a credit note with another number',
    change('CreditNoteNumbered', { number: 'ABC-CN-000002' }),
    /number 2 .* 1 is next/,
  ],
  ['a tax that does not add up', change('InvoiceNumbered', { tax: 1 }), /net 2999 and tax 601 do not add up to 3599/],
  ['totals of other lines', change('InvoiceNumbered', { net: -1, gross: -1 }), /lines add up to 2999, not to 2998/],
  ['a charge of another amount', change('ChargeRequested', { amount: 1 }), /is charged 3600, and 3599 is due/],
  ['an attempt that is skipped', change('ChargeRequested', { attempt: 1 }, 3), /attempt 3 follows 1/],
  [
    'a charge of an invoice that is not open',
    change('ChargeRequested', { invoiceId: 'org.1' }, 1),
    /charged and is not open/,
  ],
  ['more money than is due', change('PaymentReceived', { amount: 1 }), /org.1: more than it is paid/],
  [
    'a payment of a void invoice',
    change('PaymentReceived', { invoiceId: 'org.5' }, -1),
    /org.5 is paid and is not open/,
  ],
  [
    'a credit note that is too high',
    change('CreditNoteNumbered', { net: 1, gross: 1 }),
    /credits more than its invoice/,
  ],
  ['notes whose tax is too low', change('CreditNoteNumbered', { net: 1, tax: -1 }), /do not add up to its tax/],
  [
    'a credit note of a draft',
    change('CreditNoteNumbered', { invoiceId: 'org.9' }),
    /which is no open or paid invoice/,
  ],
  ['a plan that is applied twice', repeat('PlanPaymentApplied'), /applied a second time/],
  ['a plan that is applied and not paid', remove('PaymentReceived'), /is applied and is not paid/],
  ['an effect that is skipped', remove('EffectCompleted'), /is completed before/],
  [
    'a status that cannot follow',
    change('InvoiceStatusChanged', { status: 'written_off' }),
    /written_off after it was open/,
  ],
  ['a draft that is made twice', repeat('InvoiceDrafted'), /made a second time/],
  ['an invoice without a draft', remove('InvoiceDrafted'), /open and was never drafted/],
  [
    'a period that does not follow',
    (events) =>
      Object.assign((events[at(events, 'RenewalStarted')]!.data as { period: object }).period, {
        start: '2026-05-12T09:00:00.000Z',
      }),
    /does not follow/,
  ],
];

test.each(FAULTS)('%s is reported', (_, edit, breach) => {
  const events = history();
  edit(events);
  expect(breachesOf(events).join('\n')).toMatch(breach);
});

test('a gap of revisions is reported', () => {
  expect(breachesOf(history().slice(0, 1), 1)).toEqual(['revision 0 is missing']);
});

describe('an invoice', () => {
  const metadata = { schemaVersion: 1, occurredAt: '2026-04-11T09:00:00.000Z', recordedAt: '2026-04-11T09:00:00.000Z' };
  const line = { kind: 'plan', description: 'Developer', quantity: 1, unitPrice: '29.99', amount: 2999, credits: 1000 };
  const invoice = {
    ...{ invoiceId: 'org.1', organizationId: 'org', number: 'ABC-000001', cause: 'subscribe', provider: 'card' },
    ...{ currency: 'USD', taxIncluded: false, lines: [line], issuedAt: metadata.recordedAt, catalog: 'monthly@1' },
    ...{ net: 2999, tax: 600, gross: 3599, taxRate: '20', partiesHash: 'hash' },
  };
  const finalized = { type: 'InvoiceFinalized', data: invoice, metadata };
  const payment = (amount: number, paymentId = 'p-1') => ({
    ...{ type: 'PaymentRecorded', metadata },
    data: { paymentId, amount, provider: 'card', paidAt: metadata.recordedAt },
  });
  const note = (gross: number, more: object = {}) => ({
    ...{ type: 'CreditNoteIssued', metadata },
    data: {
      creditNoteId: 'c-1',
      number: 'ABC-CN-000001',
      net: gross,
      tax: 0,
      gross,
      issuedAt: '',
      reason: '',
      ...more,
    },
  });
  const status = (to: string) => ({ type: 'InvoiceStatusSet', data: { status: to }, metadata });

  test.each([
    ['paid', [finalized, payment(3599)], []],
    ['paid late', [finalized, status('past_due'), status('uncollectible'), payment(3599)], []],
    ['finalized twice', [finalized, finalized], ['invoice ABC-000001 is finalized a second time']],
    ['not finalized', [payment(1)], ['the invoice was not finalized']],
    ['paid too much', [finalized, payment(3600)], ['invoice ABC-000001: payments add up to 3600, more than its 3599']],
    ['paid twice', [finalized, payment(1), payment(1)], ['invoice ABC-000001: a payment is recorded twice']],
    [
      'paid after it was void',
      [finalized, status('void'), payment(1)],
      ['a payment is recorded for an invoice that is void'],
    ],
    ['void after it was paid', [finalized, payment(3599), status('void')], ['the invoice is void after it was paid']],
    [
      'credited too much',
      [finalized, note(3600)],
      ['invoice ABC-000001: credit notes add up to 3600, more than its 3599'],
    ],
    [
      'a note that does not add up',
      [finalized, note(5, { tax: 1 })],
      ['credit note ABC-CN-000001: net 5 and tax 1 do not add up to 5'],
    ],
    ['a note that is issued twice', [finalized, note(5), note(5)], ['credit note ABC-CN-000001 is issued twice']],
    [
      'a note on a void invoice',
      [finalized, status('void'), note(5)],
      ['credit note ABC-CN-000001 is for a void invoice'],
    ],
    [
      'other lines',
      [{ ...finalized, data: { ...invoice, lines: [] } }],
      ['invoice ABC-000001: its lines add up to 0, not to 2999'],
    ],
    [
      'no sum',
      [{ ...finalized, data: { ...invoice, tax: 1 } }],
      ['invoice ABC-000001: net 2999 and tax 1 do not add up to 3599'],
    ],
  ])('%s', (_, events, breaches) => {
    const audit = newInvoiceAudit();
    expect(
      (events as unknown as InvoiceEvent[]).flatMap((event, revision) => auditInvoice(audit, event, revision)),
    ).toEqual(breaches);
  });

  test('revisions and times follow on', () => {
    const audit = newInvoiceAudit();
    auditInvoice(audit, finalized as unknown as InvoiceEvent, 0);
    const earlier = { ...payment(1), metadata: { ...metadata, recordedAt: '2026-04-10T09:00:00.000Z' } };
    expect(auditInvoice(audit, earlier as unknown as InvoiceEvent, 2)).toEqual([
      'revision 1 is missing',
      'it was recorded before the event that it follows',
    ]);
  });
});
