import { balanceOf, caller, eventually, organizationWith } from '../support/callers';
import { removeDirectories, startStandalone, type Standalone } from '../support/server';

let server: Standalone;
beforeAll(async () => {
  server = await startStandalone(undefined, { flags: ['--catalog', 'catalogs/ocriva.yaml'] });
}, 60_000);
afterAll(async () => {
  expect(await server.process.stop()).toBe(0);
  removeDirectories();
});

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

test('a life over the bus alone: submitted, heartbeat, completed; its details never on the way', async () => {
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

test('binary mode: the envelope in headers', async () => {
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

test('any order and any repetition of a job’s messages ends in the same balance', async () => {
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

test('stopped before its end is a failure: all goes back; a failed delivery gives nothing back', async () => {
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

test('a refused submission moves nothing and keeps no details', async () => {
  const id = await organizationWith(server, 3);
  const other = await organizationWith(server, 10);
  await post([event('job.submitted', job(id, 'e')), event('job.submitted', job(other, 'behind'))], BATCHED);
  await settled(other, 'behind', 'reserved');
  expect((await jobOf(id, 'e')).status).toBe(404);
  const refusals = () => caller(server, 'operator')('GET', `/v1/ops/organizations/${id}/refusals`);
  expect((await refusals()).body.data).toMatchObject([
    { jobId: 'e', code: 'insufficient_credits', required: 5, available: 3 },
  ]);
  // With credits, the same id may come again.
  await caller(server, 'operator')('POST', `/v1/organizations/${id}/grants`, {
    grantId: 'more',
    kind: 'top-up',
    credits: 2,
    reason: 'more',
  });
  await post(event('job.submitted', job(id, 'e')), STRUCTURED);
  await settled(id, 'e', 'reserved');
});

test('reported usage counts against the plan’s limit; what has no such limit is refused, what the ledger refuses is set aside', async () => {
  const id = await organizationWith(server, 100);
  await post(event('usage.reported', { organizationId: id, limit: 'maxStorage', value: 2 }), STRUCTURED);
  const nonsense = event('usage.reported', { organizationId: id, limit: 'maxNonsense', value: 2 });
  expect(await post(nonsense, STRUCTURED)).toMatchObject({ status: 422 });
  // What only the ledger can refuse.
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
  // An operator sends it again (and it is refused again), then leaves it out.
  expect((await operator('POST', `/v1/ops/dead-letters/${letter.id}/redrive`)).body).toMatchObject({
    handling: 'redriven',
  });
  const again = await eventually(letters, (seen) => seen.body.data.length > 0);
  expect(again.body.data[0].id).not.toBe(letter.id);
  await operator('POST', `/v1/ops/dead-letters/${again.body.data[0].id}/discard`);
  expect((await letters()).body.data).toEqual([]);
});

test('a letter that is sent again twice counts once', async () => {
  const operator = caller(server, 'operator');
  const id = 'comes-later';
  await post(event('job.completed', { jobId: 'f', organizationId: id }), STRUCTURED);
  const letters = () => operator('GET', '/v1/ops/dead-letters?class=refused');
  const { body } = await eventually(letters, (seen) => seen.body.data.length > 0);
  const [letter] = body.data;
  expect(letter).toMatchObject({ key: id, reason: expect.stringContaining('unknown_organization') });
  expect((await operator('GET', '/v1/ops/dead-letters?class=parked')).body.data).toEqual([]);
  expect((await operator('GET', '/v1/ops/dead-letters?class=odd')).status).toBe(422);

  await operator('POST', '/v1/organizations', { id, name: 'Comes later' });
  await operator('POST', `/v1/organizations/${id}/grants`, {
    grantId: 'start',
    kind: 'top-up',
    credits: 100,
    reason: 'test',
  });
  await post(event('job.submitted', job(id, 'f')), STRUCTURED);
  await settled(id, 'f', 'reserved');
  const redrive = () => operator('POST', `/v1/ops/dead-letters/${letter.id}/redrive`);
  expect((await redrive()).status).toBe(200);
  await settled(id, 'f', 'consumed');
  expect((await redrive()).status).toBe(200);
  await post(event('job.submitted', job(id, 'behind')), STRUCTURED);
  await settled(id, 'behind', 'reserved');
  expect(await balanceOf(server, id)).toMatchObject({ available: 90, reserved: 5, consumed: 5 });
  expect((await letters()).body.data).toEqual([]);
});
