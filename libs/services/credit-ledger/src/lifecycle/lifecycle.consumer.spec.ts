import { DETAILS } from '@tallystick/contracts/intake';
import { DEAD_LETTER_HEADERS, JOBS_LIFECYCLE } from '@tallystick/contracts/ledger';
import { StoreUnavailable, type ReceivedMessage } from '@tallystick/eventing';
import { balanceOf, ledgerProcess, organizationWith } from '../../support/ledger-process';
import { event, received, submitted } from '../../support/messages';

async function given(credits = 100) {
  const process = await ledgerProcess();
  await organizationWith(process, 'org', credits);
  return { ...process, balance: () => balanceOf(process) };
}

test('a batch is decided in order, answered on jobs.decisions, the organization taken from the key', async () => {
  const { consumer, bus, balance } = await given(15);
  const [first, second] = [submitted('a'), submitted('b')];
  await consumer.take([first, second, event('job.completed', { id: 'a', usage: { pages: 4 } }), submitted('c')]);
  expect(bus.decisions).toMatchObject([
    {
      type: 'tallystick.job.accepted',
      jobId: 'a',
      organizationId: 'org',
      projectId: 'default',
      credits: 10,
      repeated: false,
    },
    {
      type: 'tallystick.job.refused',
      jobId: 'b',
      code: 'insufficient_credits',
      refusal: { required: 10, available: 5 },
    },
    { type: 'tallystick.job.accepted', jobId: 'c' },
  ]);
  expect(bus.decisions[0]!.decision).toEqual({ stream: 'credits-org', revision: 2 });
  expect(await balance()).toEqual({ available: 1, reserved: 10, consumed: 4 });
});

test('the consumer sends a heartbeat after each organization', async () => {
  const { consumer, heartbeats } = await given();
  await consumer.take([submitted('a'), submitted('b'), submitted('c', 1, 'unknown'), submitted('d')]);
  expect(heartbeats.count).toBe(2);
});

test('a redelivered batch moves nothing, and is answered again', async () => {
  const { consumer, bus, balance } = await given();
  const batch = [submitted('a'), event('job.completed', { id: 'a' })];
  await consumer.take(batch);
  const before = await balance();
  await consumer.take(batch);
  expect(await balance()).toEqual(before);
  expect(bus.decisions.map((decision) => 'repeated' in decision && decision.repeated)).toEqual([false, true]);
});

test.each<[string, ReceivedMessage, string]>([
  ['no JSON', received('{"id":'), 'no JSON'],
  ['no UTF-8', { ...received(''), value: Uint8Array.of(0xff, 0xfe) }, 'no JSON'],
  ['no envelope', received('{"id":"a"}'), 'specversion'],
  ['an unknown type', event('job.exploded', { id: 'a' }), 'type'],
  ['bad data', event('job.submitted', { id: 'a b' }), 'data.id'],
  ['no organization', { ...event('job.completed', { id: 'a' }), key: '' }, 'data.organizationId'],
  [
    'a far future',
    received(
      JSON.stringify({
        specversion: '1.0',
        id: 'e',
        source: 't',
        type: 'tallystick.job.completed',
        time: '2099-01-01T00:00:00Z',
        data: { id: 'a' },
      }),
    ),
    'time',
  ],
])('%s is set aside with its bytes, its origin and the reason; the others go on', async (_, bad, reason) => {
  const { consumer, bus, balance } = await given();
  await consumer.take([submitted('before'), bad, submitted('behind')]);
  expect(bus.letters).toHaveLength(1);
  const [letter] = bus.letters;
  expect(letter!.value).toEqual(bad.value);
  expect(letter!.headers).toMatchObject({
    [DEAD_LETTER_HEADERS.topic]: JOBS_LIFECYCLE,
    [DEAD_LETTER_HEADERS.partition]: '0',
    [DEAD_LETTER_HEADERS.offset]: bad.offset,
    [DEAD_LETTER_HEADERS.class]: 'bad-message',
    [DEAD_LETTER_HEADERS.reason]: expect.stringContaining(reason),
  });
  expect((await balance()).reserved).toBe(20);
});

test('binary mode is read from Kafka’s headers', async () => {
  const { consumer, bus } = await given();
  const headers = {
    ce_specversion: '1.0',
    ce_id: 'e',
    ce_source: 't',
    ce_type: 'tallystick.job.submitted',
    'content-type': 'application/json',
  };
  await consumer.take([received(JSON.stringify({ id: 'a', operation: 'standard-v2', usage: { pages: 1 } }), headers)]);
  expect(bus.decisions).toMatchObject([{ type: 'tallystick.job.accepted', jobId: 'a', eventId: 'e' }]);
});

test('details of a producer’s own message are kept apart, not in the stream and not in the decision', async () => {
  const { consumer, bus, store, records } = await given();
  await consumer.take([
    event('job.submitted', {
      id: 'a',
      operation: 'standard-v2',
      usage: { files: [{ type: 'pdf', pages: 1, name: 'passport.pdf' }] },
    }),
  ]);
  expect(await records.get(DETAILS, ['org/a'], Date.now())).toMatchObject([{ details: { files: ['passport.pdf'] } }]);
  expect(JSON.stringify([await store.read('credits-org', 0, 100), bus.decisions])).not.toContain('passport');
});

test('what is refused and has no decision is set aside: an outcome must not be lost without a trace', async () => {
  const { consumer, bus } = await given();
  await consumer.take([
    received(
      JSON.stringify({ specversion: '1.0', id: 'e', source: 't', type: 'tallystick.job.failed', data: { id: 'a' } }),
      {},
      'unknown',
    ),
  ]);
  expect(bus.letters[0]!.headers).toMatchObject({ [DEAD_LETTER_HEADERS.class]: 'refused' });
  expect(bus.letters[0]!.headers[DEAD_LETTER_HEADERS.reason]).toContain('unknown_organization');
});

test('a failed delivery moves nothing and is no error', async () => {
  const { consumer, bus, balance } = await given();
  await consumer.take([submitted('a'), event('job.delivery-failed', { id: 'a' })]);
  expect(await balance()).toMatchObject({ reserved: 10 });
  expect(bus.letters).toEqual([]);
});

test('without the store the batch is not taken: nothing is published, and it is delivered again', async () => {
  const { consumer, bus, ledger, balance } = await given();
  const execute = jest.spyOn(ledger, 'execute').mockRejectedValueOnce(new StoreUnavailable('down'));
  const batch = [submitted('a'), submitted('b')];
  await expect(consumer.take(batch)).rejects.toThrow('down');
  expect(bus.published).toEqual([]);
  execute.mockRestore();
  await consumer.take(batch);
  expect(bus.decisions).toHaveLength(2);
  expect(await balance()).toMatchObject({ reserved: 20 });
});
