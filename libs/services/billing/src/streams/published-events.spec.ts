import type { BillingEvent, InvoiceEvent } from '@tallystick/domain/billing';
import { invoiceStream } from './invoice-stream';
import { organizationOfInvoice, toBillingMessage } from './published-events';

const at = '2026-04-11T09:00:00.000Z';
const metadata = { schemaVersion: 7, occurredAt: at, recordedAt: at, actor: 'key' };

test.each([
  ['acme.1', 'acme'],
  ['acme.eu.12', 'acme.eu'],
])('invoice %s belongs to %s, which is the key of its messages', (invoiceId, organizationId) => {
  const event = { type: 'InvoiceStatusSet', data: { status: 'void' }, metadata } as InvoiceEvent;
  const { messageKey, toMessage } = invoiceStream();
  const placed = { entityId: invoiceId, revision: 3, event };
  expect(organizationOfInvoice(invoiceId)).toBe(organizationId);
  expect(messageKey!(placed)).toBe(organizationId);
  expect(toMessage!(placed, `invoice-${invoiceId}`)).toEqual({
    ...{ organizationId, stream: `invoice-${invoiceId}`, revision: 3, type: 'InvoiceStatusSet' },
    data: { status: 'void' },
    metadata: { ...metadata, schemaVersion: 1 },
  });
});

test('an event is published as it is stored, with the version of its published form', () => {
  const event = { type: 'EffectCompleted', data: { effectId: '4.1' }, metadata } as BillingEvent;
  expect(toBillingMessage('acme', { entityId: 'acme', revision: 5, event }, 'subscription-acme')).toEqual({
    ...{ organizationId: 'acme', stream: 'subscription-acme', revision: 5, type: 'EffectCompleted' },
    data: { effectId: '4.1' },
    metadata: { ...metadata, schemaVersion: 1 },
  });
});
