import { balanceOf, caller, eventually } from '../support/callers';
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

test('a dead letter that is redriven twice counts once', async () => {
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
