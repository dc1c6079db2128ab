import { caller, eventually, organizationWith } from '../support/callers';
import { useServer, withCatalog } from '../support/use-server';

const server = useServer(withCatalog('leapocr'));
let org: string;
let made = 0;
beforeAll(async () => {
  org = await organizationWith(server, 10_000_000);
}, 60_000);

const service = caller(server, 'service');
const operator = caller(server, 'operator');
const job = (more: object = {}) => ({
  id: `job-${++made}`,
  organizationId: org,
  operation: 'standard-v2',
  usage: { pages: 12 },
  ...more,
});

const open = async (more: object = {}): Promise<string> => {
  const wanted = job(more);
  expect(await service('POST', '/v1/jobs', wanted)).toMatchObject({ status: 202 });
  return wanted.id;
};
const error = (field: string, message: string) => ({
  field,
  rule: 'unknown',
  message: expect.stringContaining(message),
});

const refused = (field: string, message: string) => ({
  status: 422,
  body: { code: 'invalid_input', errors: [error(field, message)] },
});

describe('an event', () => {
  const event = (type: string, data: object) => ({
    specversion: '1.0',
    id: `e-${++made}`,
    source: 'test',
    type,
    data,
    myextension: 'kept',
  });
  const send = (body: object) =>
    service('POST', '/v1/events', body, { 'content-type': 'application/cloudevents+json' });

  test('with an unknown member in its data is refused, with an extension attribute is accepted', async () => {
    const id = await open();
    const completed = (more: object) => event('tallystick.job.completed', { id, organizationId: org, ...more });
    expect(await send(completed({ pages: 9 }))).toMatchObject(refused('data.pages', 'did you mean usage.pages?'));
    expect(await send(completed({ usage: { pages: 9 } }))).toMatchObject({ status: 202 });
    const { body } = await eventually(
      () => service('GET', `/v1/jobs/${id}?organizationId=${org}`),
      (answer) => answer.body.status === 'consumed',
    );
    expect(body).toMatchObject({ consumed: 9, refunded: 3 });
  });

  test('with an unknown member is refused in binary mode too', async () => {
    const headers = {
      'ce-specversion': '1.0',
      'ce-id': 'b',
      'ce-source': 't',
      'ce-type': 'tallystick.job.completed',
      'ce-other': 'x',
    };
    const answer = await service('POST', '/v1/events', { id: 'j', organizationId: org, pages: 9 }, headers);
    expect(answer).toMatchObject(refused('data.pages', 'did you mean usage.pages?'));
  });

  test('with an empty usage becomes a dead letter and moves no credits', async () => {
    const id = await open();
    expect(await send(event('tallystick.job.completed', { id, organizationId: org, usage: {} }))).toMatchObject({
      status: 202,
    });
    const letters = await eventually(
      () => operator('GET', '/v1/ops/dead-letters?class=refused'),
      ({ body }) => body.data.length > 0,
    );
    expect(letters.body.data).toMatchObject([{ reason: expect.stringContaining('invalid_job') }]);
    expect((await service('GET', `/v1/jobs/${id}?organizationId=${org}`)).body).toMatchObject({ status: 'reserved' });
  });

  test('with usage for a limit that is not in the catalog is refused', async () => {
    const data = { organizationId: org, limit: 'maxStorage', value: 3 };
    expect(await send(event('tallystick.usage.reported', data))).toMatchObject({
      status: 422,
      body: { errors: [{ field: 'data.limit', rule: 'reported' }] },
    });
  });
});
