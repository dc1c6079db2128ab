import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Unreadable } from '@tallystick/domain/kernel';
import {
  BILLING_EVENT_TYPES,
  BILLING_RECORDS,
  evolveBilling,
  evolveInvoice,
  initialAccount,
  initialDocument,
  INVOICE_EVENT_TYPES,
  INVOICE_RECORDS,
  statusOf,
} from '.';

// Stored events are a file format and stay readable. Files are never edited: a type or member that is added later gets a file of its own.

const FILES = [
  ['subscription', '4b3b2201cdf4efe0329fbe9f2a51dcaeba82c397903cc0c33f66c88b9e0cbec7'],
  ['invoice', 'bba3a17dfa53fac59082c24c19f597138af0a32329a898752225ec074e2d92e5'],
] as const;
const textOf = (name: string): string => readFileSync(join(__dirname, `../golden/v1/${name}.ndjson`), 'utf8');
const recordsIn = (name: string) =>
  textOf(name)
    .trimEnd()
    .split('\n')
    .map((line, revision) => ({ ...JSON.parse(line), revision }));

function read<Event>(records: readonly never[], decode: (record: never) => Event | Unreadable): Event[] {
  return records.map((record) => {
    const event = decode(record);
    if (event instanceof Unreadable) throw new Error(event.reason);
    return event;
  });
}
const events = read(recordsIn('subscription') as never[], BILLING_RECORDS.decode);
const documentEvents = read(recordsIn('invoice') as never[], INVOICE_RECORDS.decode);

test.each(FILES)('%s.ndjson was not edited', (name, sum) => {
  expect(createHash('sha256').update(textOf(name)).digest('hex')).toBe(sum);
});

test('every event type is in a file, as stored', () => {
  const types = new Set<string>([...events, ...documentEvents].map(({ type }) => type));
  expect([...BILLING_EVENT_TYPES, ...INVOICE_EVENT_TYPES].filter((type) => !types.has(type))).toEqual([]);
  for (const { metadata } of [...events, ...documentEvents]) expect(metadata.schemaVersion).toBe(1);
});

test('folded, the events lead to the account they led to when they were written', () => {
  const account = events.reduce(evolveBilling, initialAccount());
  expect(statusOf(account)).toBe('active');
  expect(account).toMatchObject({
    ...{
      organizationId: 'org',
      currency: 'USD',
      billingFrom: '2026-04-01T00:00:00.000Z',
      prefix: 'ABC',
      hasCard: true,
    },
    ...{ card: 'pm-2', manual: { termsDays: 10 }, overage: 'none', details: { country: 'US', hasVatId: false } },
    ...{ drafts: 9, invoices: 6, creditNotes: 1, carried: [], effects: [], ended: undefined, purchase: undefined },
    subscription: { plan: 'cents', period: { start: '2026-05-14T09:30:00.000Z' } },
    renewal: { invoiceId: 'org.9', period: { end: '2026-07-14T09:30:00.000Z' } },
  });
  expect(account.requests.map(({ requestId }) => requestId)).toEqual(['r-1', 'r-2', 'r-3']);
  const entries = Object.values(account.entries);
  expect(
    entries.map(({ number, status, gross, paid, credited }) => [number, status, gross, paid, credited.gross]),
  ).toEqual([
    ['ABC-000001', 'paid', 14399, 14399, 1200],
    ['ABC-000002', 'paid', 1200, 1200, 0],
    ['ABC-000003', 'void', 12000, 0, 0],
    ['ABC-000004', 'paid', 11166, 11166, 0],
    ['ABC-000005', 'paid', 38399, 38399, 0],
    ['ABC-000006', 'open', 96, 0, 0],
  ]);
});

test('folded, the events of an invoice lead to its document', () => {
  const document = documentEvents.reduce((state, event) => evolveInvoice(state, event), initialDocument());
  expect(document).toMatchObject({
    ...{ status: 'paid', statuses: ['past_due'], invoice: { number: 'ABC-000001', gross: 14399, taxRate: '20' } },
    ...{ payments: [{ paymentId: 'org.2.1', amount: 14399 }], creditNotes: [{ number: 'ABC-CN-000001', gross: 1200 }] },
  });
});
