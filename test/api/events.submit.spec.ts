import { balanceOf, caller, eventually, organizationWith } from '../support/callers';
import { useServer, withCatalog } from '../support/use-server';

const server = useServer(withCatalog('ocriva'));
const STRUCTURED = { 'content-type': 'application/cloudevents+json' };
const BATCHED = { 'content-type': 'application/cloudevents-batch+json' };
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
const file = { type: 'pdf', name: 'passport.pdf' };
const job = (organizationId: string, id: string) => ({
  id,
  organizationId,
  operation: 'gpt-4o',
  usage: { files: [file] },
});

const jobOf = (organizationId: string, id: string) =>
  caller(server, 'service')('GET', `/v1/jobs/${id}?organizationId=${organizationId}`);
const settled = (organizationId: string, id: string, status: string) =>
  eventually(
    () => jobOf(organizationId, id),
    ({ body }) => body.status === status,
  );

test('a job is submitted, extended and completed by events, which carry no details on the bus', async () => {
  const id = await organizationWith(server, 100);
  const submitted = event('job.submitted', { ...job(id, 'a'), reference: 'secret reference' });
  expect(await post(submitted, STRUCTURED)).toMatchObject({ status: 202, body: { accepted: 1 } });
  const open = await settled(id, 'a', 'reserved');
  expect(open.body).toMatchObject({
    credits: 5,
    details: { reference: 'secret reference', files: ['passport.pdf'] },
  });
  const rest = [
    event('job.heartbeat', { jobId: 'a', organizationId: id }),
    event('job.completed', { organizationId: id }, { subject: 'a' }),
  ];
  expect(await post(rest, BATCHED)).toMatchObject({ status: 202, body: { accepted: 2 } });
  expect((await settled(id, 'a', 'consumed')).body).toMatchObject({ consumed: 5, refunded: 0 });
  expect(await balanceOf(server, id)).toMatchObject({ available: 95, consumed: 5 });
});

test('binary mode takes the envelope from headers', async () => {
  const id = await organizationWith(server, 100);
  const headers = {
    'ce-specversion': '1.0',
    'ce-id': 'b-1',
    'ce-source': 'test',
    'ce-type': 'tallystick.job.submitted',
  };
  expect((await post(job(id, 'b'), headers)).status).toBe(202);
  await settled(id, 'b', 'reserved');
});

test('the messages of a job lead to the same balance in any order and with any repetition', async () => {
  const id = await organizationWith(server, 100);
  const life = [
    event('job.completed', { jobId: 'c', organizationId: id }),
    event('job.delivery-failed', { jobId: 'c', organizationId: id }),
    event('job.submitted', job(id, 'c')),
    event('job.heartbeat', { jobId: 'c', organizationId: id }),
    event('job.submitted', job(id, 'c')),
    event('job.completed', { jobId: 'c', organizationId: id }),
  ];
  await post([...life, ...life.reverse(), ...life], BATCHED);
  await settled(id, 'c', 'consumed');
  await post(event('job.submitted', job(id, 'behind')), STRUCTURED);
  await settled(id, 'behind', 'reserved');
  expect(await balanceOf(server, id)).toMatchObject({ available: 90, reserved: 5, consumed: 5 });
});

test('a stopped job is refunded in full; a failed delivery refunds nothing', async () => {
  const id = await organizationWith(server, 100);
  await post(
    [
      event('job.submitted', job(id, 'd')),
      event('job.failed', { jobId: 'd', organizationId: id, reason: 'incomplete' }),
    ],
    BATCHED,
  );
  expect((await settled(id, 'd', 'refunded')).body).toMatchObject({ refunded: 5 });
  const { body } = await caller(server, 'operator')('GET', `/v1/organizations/${id}/events`);
  expect(body.data.at(-1)).toMatchObject({ type: 'CreditsRefunded', data: { reason: 'incomplete' } });
});

test('a refused submission moves no credits and stores no details', async () => {
  const id = await organizationWith(server, 3);
  const other = await organizationWith(server, 10);
  await post([event('job.submitted', job(id, 'e')), event('job.submitted', job(other, 'behind'))], BATCHED);
  await settled(other, 'behind', 'reserved');
  expect((await jobOf(id, 'e')).status).toBe(404);
  const refusals = () => caller(server, 'operator')('GET', `/v1/ops/organizations/${id}/refusals`);
  expect((await refusals()).body.data).toMatchObject([
    { jobId: 'e', code: 'insufficient_credits', required: 5, available: 3 },
  ]);
  // Once there are credits, the same id can be submitted again.
  await caller(server, 'operator')('POST', `/v1/organizations/${id}/grants`, {
    grantId: 'more',
    kind: 'top-up',
    credits: 2,
    reason: 'more',
  });
  await post(event('job.submitted', job(id, 'e')), STRUCTURED);
  await settled(id, 'e', 'reserved');
});
