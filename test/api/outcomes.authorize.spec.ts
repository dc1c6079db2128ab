import { balanceOf, caller, eventually } from '../support/callers';
import { parties } from './support/parties';
import { useServer, withCatalog } from '../support/use-server';

const STRUCTURED = { 'content-type': 'application/cloudevents+json' };
const BATCHED = { 'content-type': 'application/cloudevents-batch+json' };
const server = useServer(withCatalog('leapocr'));
const job = (id: string, pages = 10) => ({ id, operation: 'standard-v2', usage: { pages } });
const event = (type: string, data: object) => ({
  specversion: '1.0',
  id: `${type}-${Math.random()}`,
  source: 'test',
  type: `tallystick.job.${type}`,
  data,
});

const service = caller(server, 'service');
const FORBIDDEN = {
  status: 403,
  body: {
    code: 'forbidden',
    title: 'The key may not do this',
    detail: expect.stringContaining('TALLY_PROJECT_KEYS_MAY_END_JOBS=on'),
  },
};

test.each<[string, string, object?, Record<string, string>?]>([
  ['completing', '/v1/jobs/j/complete', {}],
  ['failing', '/v1/jobs/j/fail', {}],
  ['failing, even with an invalid body', '/v1/jobs/j/fail', { reason: 4 }],
  ['a heartbeat', '/v1/jobs/j/heartbeat', {}],
  ['failing an unknown job', '/v1/jobs/none/fail', {}],
  ['a batch of outcomes', '/v1/jobs/outcomes', { outcomes: [{ id: 'j', outcome: 'failed' }] }],
  ['a batch of outcomes, even with an invalid body', '/v1/jobs/outcomes', {}],
  ...['completed', 'failed', 'heartbeat', 'delivery-failed'].map(
    (type): [string, string, object, Record<string, string>] => [
      `an event ${type}`,
      '/v1/events',
      event(type, { id: 'j' }),
      STRUCTURED,
    ],
  ),
  ['one event of a batch', '/v1/events', [event('submitted', job('k')), event('failed', { id: 'j' })], BATCHED],
  ['an event without data', '/v1/events', { ...event('failed', {}), data: null }, STRUCTURED],
])('%s requires a service or an operator key', async (_, path, body, headers = {}) => {
  const { id, p, organization } = await parties(server);
  expect((await p('POST', '/v1/jobs', job('j'))).status).toBe(202);
  for (const call of [p, organization]) expect(await call('POST', path, body, headers)).toMatchObject(FORBIDDEN);
  expect(await balanceOf(server, id)).toMatchObject({ available: 90, reserved: 10 });
});

test('another project cannot fail a job before it is submitted', async () => {
  const { id, p, q } = await parties(server);
  expect(await q('POST', '/v1/jobs/j/fail', {})).toMatchObject(FORBIDDEN);
  expect((await p('POST', '/v1/jobs', job('j'))).body).toMatchObject({ status: 'reserved' });
  const done = await service('POST', '/v1/jobs/j/complete', { organizationId: id, usage: { pages: 9 } });
  expect(done.body).toMatchObject({ status: 'consumed', consumed: 9, refunded: 1 });
});

test('an operator key reports outcomes and heartbeats for every organization', async () => {
  const { id, p } = await parties(server);
  await p('POST', '/v1/jobs', job('j'));
  const operator = caller(server, 'operator');
  expect((await operator('POST', '/v1/jobs/j/heartbeat', { organizationId: id })).status).toBe(200);
  const outcomes = [{ id: 'j', organizationId: id, outcome: 'completed' }];
  const { body } = await operator('POST', '/v1/jobs/outcomes', { outcomes });
  expect(body.results).toMatchObject([{ status: 'consumed', httpStatus: 200 }]);
});

test('a project key sends submission events', async () => {
  const { p } = await parties(server);
  expect((await p('POST', '/v1/events', event('submitted', job('j')), STRUCTURED)).status).toBe(202);
  await eventually(
    () => p('GET', '/v1/jobs/j'),
    ({ body }) => body.status === 'reserved',
  );
});
