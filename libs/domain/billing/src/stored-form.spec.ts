import { Unreadable } from '@tallystick/domain/kernel';
import { subscriber } from '../support/steps';
import { BILLING_EVENT_TYPES, BILLING_RECORDS, INVOICE_RECORDS } from '.';

const TIMES = { occurredAt: '2026-04-11T09:00:00.000Z', recordedAt: '2026-04-11T09:00:00.000Z' };
const metadata = { schemaVersion: 1, ...TIMES };
const opened = { type: 'BillingOpened', data: { organizationId: 'org', currency: 'USD' }, metadata, revision: 0 };
const on = { type: 'ReviewSet', data: { on: true }, metadata, revision: 1 };
const kindOf = (stored: object): string | undefined => {
  const read = BILLING_RECORDS.decode(stored as typeof opened);
  return read instanceof Unreadable ? read.kind : undefined;
};

test.each([
  ['an event', on, undefined],
  ['the first event', opened, undefined],
  ['a stream of another program', { ...on, revision: 0 }, 'not-ours'],
  ['a later version at the start', { ...on, revision: 0, metadata: { ...metadata, schemaVersion: 2 } }, 'newer'],
  ['a later version', { ...on, metadata: { ...metadata, schemaVersion: 2 } }, 'newer'],
  ['an unknown type', { ...on, type: 'toString' }, 'newer'],
  ['no version', { ...on, metadata: TIMES }, 'foreign'],
  ['no metadata', { ...on, metadata: null }, 'foreign'],
  ['a time that is none', { ...on, metadata: { ...metadata, recordedAt: 'now' } }, 'foreign'],
  ['data of another form', { ...on, data: { on: 'yes' } }, 'foreign'],
  ['no data', { ...on, data: [] }, 'foreign'],
])('%s: %s', (_, stored, kind) => expect(kindOf(stored)).toBe(kind));

test('the ids of metadata are stored with their names in EventStoreDB, and the hash is left out', () => {
  const event = {
    type: 'ReviewSet',
    data: { on: true },
    metadata: { ...metadata, correlationId: 'c', causationId: 'm' },
  } as const;
  const stored = BILLING_RECORDS.encode(event);
  expect(stored.metadata).toEqual({ ...metadata, $correlationId: 'c', $causationId: 'm' });
  expect(
    BILLING_RECORDS.decode({ ...stored, metadata: { ...stored.metadata, hash: 'h' }, revision: 1 } as never),
  ).toEqual(event);
});

test('each member that is missing or of another type is noticed', () => {
  const optional = [
    'billingFrom',
    'hasCard',
    'period',
    'dueAt',
    'country',
    'detailsHash',
    'taxRate',
    'reverseCharge',
    'retryAt',
  ];
  optional.push('reason', 'requestId', 'reference', 'providerTime', 'grantId', 'expiresAt', 'termDays', 'declineCode');
  const harness = subscriber('developer').at('05-11T09:00');
  for (const [revision, text] of harness.stored.entries()) {
    const event = JSON.parse(text);
    for (const member of Object.keys(event.data)) {
      expect([
        event.type,
        member,
        kindOf({ ...event, revision: revision + 1, data: { ...event.data, [member]: {} } }),
      ]).toEqual([...[event.type, member, 'foreign']]);
      if (optional.includes(member)) continue;
      const { [member]: _removed, ...rest } = event.data;
      expect([event.type, member, kindOf({ ...event, revision: revision + 1, data: rest })]).toEqual([
        event.type,
        member,
        'foreign',
      ]);
    }
  }
  expect(BILLING_EVENT_TYPES.length).toBeGreaterThan(30);
});

test('the stream of an invoice begins with its finalization', () => {
  const read = INVOICE_RECORDS.decode({
    type: 'InvoiceStatusSet',
    data: { status: 'void' },
    metadata,
    revision: 0,
  } as never);
  expect(read).toBeInstanceOf(Unreadable);
});
