import { deadLettersOf } from '@tallystick/contracts/ledger';
import { PAYMENTS_EVENTS } from '@tallystick/contracts/billing';
import type { Message, ReceivedMessage } from '@tallystick/eventing';
import { BillingMessages } from './billing-messages.service';

const NOW = '2026-11-30T10:00:00.000Z';
const failed = {
  organizationId: 'acme',
  type: 'PaymentFailed',
  data: { chargeId: 'acme.1.1', invoiceId: 'acme.1', amount: 2999, currency: 'USD', hard: false, providerTime: NOW },
};

const received = (value: unknown, offset: string): ReceivedMessage => ({
  topic: PAYMENTS_EVENTS,
  partition: 0,
  offset,
  timestamp: Date.parse(NOW),
  key: 'acme',
  headers: {},
  value: Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)),
});

async function taken(...values: unknown[]) {
  const executed: unknown[] = [];
  const published: [string, readonly Message[]][] = [];
  const subscriptions = {
    parking: { processWith: () => undefined, filterParked: async () => new Set(), park: async () => undefined },
    execute: async (organizationId: string, command: object) => {
      executed.push({ organizationId, ...command });
      return { answer: { kind: 'done' } };
    },
  };
  const messages = new BillingMessages(
    { open: async () => undefined } as never,
    subscriptions as never,
    { drain: async () => undefined } as never,
    { publish: async (topic: string, some: readonly Message[]) => void published.push([topic, some]) } as never,
    { instant: () => NOW } as never,
  );
  await messages.take(
    values.map((value, at) => received(value, String(at))),
    async () => undefined,
  );
  return { executed, published };
}

test('a report of a payment becomes a command of its organization', async () => {
  const { executed, published } = await taken(failed);
  expect(executed).toEqual([
    {
      organizationId: 'acme',
      type: 'NoteChargeOutcome',
      chargeId: 'acme.1.1',
      outcome: { kind: 'failed', hard: false },
      now: NOW,
    },
  ]);
  expect(published).toEqual([]);
});

test.each([
  ['no JSON', '{'],
  ['an unknown type', { ...failed, type: 'PaymentGuessed' }],
  ['a float for an amount', { ...failed, data: { ...failed.data, amount: 29.99 } }],
  ['no organization', { ...failed, organizationId: undefined }],
])('%s becomes a dead letter with its bytes and the reason, and the next message is decided', async (_, bad) => {
  const { executed, published } = await taken(bad, failed);
  expect(executed).toHaveLength(1);
  const [[topic, letters]] = published as [[string, readonly Message[]]];
  expect(topic).toBe(deadLettersOf(PAYMENTS_EVENTS));
  expect(letters).toHaveLength(1);
  expect(Buffer.from(letters[0]!.value)).toEqual(Buffer.from(received(bad, '0').value));
  expect(Object.values(letters[0]!.headers)).toContainEqual(expect.stringContaining('docs/messages/payments.events'));
});
