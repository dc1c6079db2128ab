import { PAYMENTS_EVENTS, type PaymentsMessage, type RequestedCharge } from '@tallystick/contracts/billing';
import { Bus, type Message } from '@tallystick/eventing';
import { InMemoryRecordStore } from '@tallystick/eventing-testing';
import { Clock, systemClock } from '@tallystick/runtime';
import { ScriptedProvider } from './scripted-provider';

class StandingClock extends Clock {
  time = Date.parse('2026-05-11T09:00:00.000Z');
  override now = (): number => this.time;
  override startAfter(): void {}
}

class MemoryBus extends Bus {
  readonly messages: { readonly key: string; readonly message: PaymentsMessage }[] = [];
  isDown = false;
  override async publish(topic: string, messages: readonly Message[]): Promise<void> {
    if (this.isDown) throw new Error('the bus is down');
    expect(topic).toBe(PAYMENTS_EVENTS);
    for (const { key, value } of messages)
      this.messages.push({ key, message: JSON.parse(Buffer.from(value).toString()) as PaymentsMessage });
  }
  override browse = async () => [];
  override partitions = async () => 1;
  override async close(): Promise<void> {}
}

const charge = (attempt: number, invoiceId = 'acme.1'): RequestedCharge => ({
  chargeId: `${invoiceId}.${attempt}`,
  invoiceId,
  attempt,
  amount: 2_999,
  currency: 'USD',
});

function newProvider() {
  const bus = new MemoryBus();
  const clock = new StandingClock();
  const records = new InMemoryRecordStore();
  const start = () => new ScriptedProvider(records, bus, clock, systemClock);
  const last = () => bus.messages[bus.messages.length - 1]?.message;
  return { bus, clock, provider: start(), restart: start, last };
}

test('a charge is paid unless the script says otherwise, and repeats the members of its request', async () => {
  const { provider, last } = newProvider();
  await provider.charge('acme', charge(1));
  expect(last()).toEqual({
    id: 'acme:acme.1.1:paid',
    organizationId: 'acme',
    type: 'PaymentSucceeded',
    data: { ...charge(1), providerTime: '2026-05-11T09:00:00.000Z' },
    metadata: { schemaVersion: 1, recordedAt: '2026-05-11T09:00:00.000Z' },
  });
});

test.each([
  ['paid', 'PaymentSucceeded', {}],
  ['declined', 'PaymentFailed', { declineCode: 'generic_decline', hard: false }],
  ['declined_hard', 'PaymentFailed', { declineCode: 'stolen_card', hard: true }],
  ['requires_action', 'PaymentActionRequired', { url: 'https://payments.invalid/confirm/acme.1.1' }],
] as const)('a charge that is %s is reported as %s', async (outcome, type, members) => {
  const { provider, last } = newProvider();
  await provider.change('acme', { next: [outcome] });
  await provider.charge('acme', charge(1));
  expect(last()).toMatchObject({ type, data: members });
  await provider.charge('acme', charge(2));
  expect(last()).toMatchObject({ type: 'PaymentSucceeded', data: { attempt: 2 } });
});

test('a charge that is processing is not reported until it is settled', async () => {
  const { bus, clock, provider, last } = newProvider();
  await provider.change('acme', { next: ['processing'] });
  await provider.charge('acme', charge(1));
  expect(bus.messages).toEqual([]);
  clock.time += 60_000;
  expect(await provider.settle('acme', 'declined')).toEqual(['acme.1.1']);
  expect(last()).toMatchObject({ type: 'PaymentFailed', data: { providerTime: '2026-05-11T09:01:00.000Z' } });
  expect(await provider.settle('acme', 'paid')).toEqual([]);
});

test.each(['acme.2', 'TEST-AB-000002'])('settle ends the charges of the invoice %s', async (invoice) => {
  const { provider } = newProvider();
  await provider.change('acme', { next: ['processing', 'requires_action'] });
  await provider.charge('acme', charge(1));
  await provider.charge('acme', charge(1, 'acme.2'));
  await provider.name('acme', 'acme.2', 'TEST-AB-000002');
  expect(await provider.settle('acme', 'paid', invoice)).toEqual(['acme.2.1']);
});

test('an outcome survives a crash: the repeated request gets it again and takes no other one from the script', async () => {
  const { bus, provider, restart, last } = newProvider();
  await provider.change('acme', { next: ['declined', 'declined_hard'] });
  bus.isDown = true;
  await expect(provider.charge('acme', charge(1))).rejects.toThrow('the bus is down');
  bus.isDown = false;
  const restarted = restart();
  await restarted.charge('acme', charge(1));
  expect(last()).toMatchObject({ type: 'PaymentFailed', data: { attempt: 1, hard: false } });
  await restarted.charge('acme', charge(2));
  expect(last()).toMatchObject({ type: 'PaymentFailed', data: { attempt: 2, hard: true } });
});

test('a settlement whose report was lost is reported by its repetition', async () => {
  const { bus, provider, restart, last } = newProvider();
  await provider.change('acme', { next: ['processing'] });
  await provider.charge('acme', charge(1));
  bus.isDown = true;
  await expect(provider.settle('acme', 'paid')).rejects.toThrow('the bus is down');
  bus.isDown = false;
  expect(await restart().settle('acme', 'paid')).toEqual(['acme.1.1']);
  expect(last()).toMatchObject({ type: 'PaymentSucceeded' });
});

test('a removed card is reported, and charges fail until there is a new one', async () => {
  const { provider, last } = newProvider();
  await provider.change('acme', { card: 'none' });
  expect(last()).toMatchObject({ type: 'PaymentMethodRemoved', data: { paymentMethodId: 'card-1' } });
  expect(await provider.paymentMethods('acme')).toEqual([]);
  await provider.charge('acme', charge(1));
  expect(last()).toMatchObject({ type: 'PaymentFailed', data: { declineCode: 'no_card', hard: false } });
  await provider.change('acme', { card: 'new' });
  expect(last()).toMatchObject({ type: 'PaymentMethodAdded', data: { paymentMethodId: 'card-2' } });
  expect(await provider.paymentMethods('acme')).toMatchObject([{ paymentMethodId: 'card-2', isDefault: true }]);
  await provider.charge('acme', charge(2));
  expect(last()).toMatchObject({ type: 'PaymentSucceeded' });
});

test('organizations whose id begins like another one are apart', async () => {
  const { provider } = newProvider();
  await provider.change('acme-2', { next: ['processing'] });
  await provider.charge('acme-2', charge(1));
  expect(await provider.settle('acme', 'paid')).toEqual([]);
});
