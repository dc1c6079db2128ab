import { caller, eventually, organizationWith } from '../support/callers';
import { useServer, withCatalog } from '../support/use-server';

const server = useServer(withCatalog('ocriva'));
const STRUCTURED = { 'content-type': 'application/cloudevents+json' };
const event = (type: string, data: object, more: object = {}) => ({
  specversion: '1.0',
  id: `event-${Math.random()}`,
  source: 'test',
  type: `tallystick.${type}`,
  data,
  ...more,
});

const post = (body: unknown, headers: Record<string, string>) =>
  caller(server, 'service')('POST', '/v1/events', body, headers);

test('reported usage counts against the limit of the plan; usage that the ledger refuses becomes a dead letter', async () => {
  const id = await organizationWith(server, 100);
  await post(event('usage.reported', { organizationId: id, limit: 'maxStorage', value: 2 }), STRUCTURED);
  const nonsense = event('usage.reported', { organizationId: id, limit: 'maxNonsense', value: 2 });
  expect(await post(nonsense, STRUCTURED)).toMatchObject({ status: 422 });
  // Only the ledger can refuse these.
  await post(event('job.completed', { jobId: 'odd', organizationId: id, usage: {} }), STRUCTURED);
  const operator = caller(server, 'operator');
  const letters = () => operator('GET', '/v1/ops/dead-letters');
  const { body } = await eventually(letters, (seen) => seen.body.data.length > 0);
  const [letter] = body.data;
  expect(letter).toMatchObject({
    class: 'refused',
    key: id,
    origin: { topic: 'jobs.lifecycle', partition: expect.any(Number) },
  });
  expect(letter.reason).toContain('invalid_job');
  expect(JSON.parse(letter.value)).toMatchObject({ type: 'tallystick.job.completed', data: { id: 'odd' } });
  const { body: stream } = await operator('GET', `/v1/organizations/${id}/events`);
  expect(stream.data.at(-1)).toMatchObject({
    type: 'UsageReported',
    data: { limit: 'maxStorage', value: 2 },
  });
  // An operator redrives it, which is refused again, and then discards it.
  expect((await operator('POST', `/v1/ops/dead-letters/${letter.id}/redrive`)).body).toMatchObject({
    handling: 'redriven',
  });
  const again = await eventually(letters, (seen) => seen.body.data.length > 0);
  expect(again.body.data[0].id).not.toBe(letter.id);
  await operator('POST', `/v1/ops/dead-letters/${again.body.data[0].id}/discard`);
  expect((await letters()).body.data).toEqual([]);
});
