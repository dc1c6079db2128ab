import { balanceOf, caller, eventually, organizationWith } from '../support/callers';
import { useServer, withCatalog } from '../support/use-server';

const server = useServer(withCatalog('iteration-layer'));
let organizationId: string;
beforeAll(async () => {
  organizationId = await organizationWith(server, 1_000);
}, 60_000);

const job = () => ({
  id: 'job',
  organizationId,
  operation: 'document-extraction',
  usage: { files: [{ type: 'pdf', pages: 1 }] } as object,
});

describe('POST /v1/events', () => {
  // No request of these tests moves a credit.
  afterAll(async () => {
    expect(await balanceOf(server, organizationId)).toMatchObject({
      granted: 1_000,
      available: 1_000,
      revision: 1,
    });
  });

  const event = (change: object = {}, data: unknown = { id: 'ev', organizationId: 'unknown' }) => ({
    specversion: '1.0',
    id: 'e-1',
    source: 'test',
    type: 'tallystick.job.completed',
    data,
    ...change,
  });
  const types = { 'content-type': 'application/cloudevents+json' };

  test.each<[string, object, string]>([
    ['an unknown type', event({ type: 'tallystick.job.exploded' }), 'type'],
    ['another version', event({ specversion: '0.3' }), 'specversion'],
    ['no source', event({ source: undefined }), 'source'],
    ['no job', event({}, { organizationId: 'x' }), 'data.id'],
    ['data as text', event({}, 'job'), 'data'],
    ['a far future', event({ time: '2099-01-01T00:00:00Z' }), 'time'],
    ['pages below zero', event({}, { id: 'a', organizationId: 'x', usage: { pages: -1 } }), 'data.usage.pages'],
  ])('%s', async (_, body, field) => {
    const answer = await caller(server, 'service')('POST', '/v1/events', body, types);
    expect(answer.status).toBe(422);
    expect(answer.body.errors[0].field).toBe(field);
  });

  test('one invalid event refuses the whole batch, and the error names its index', async () => {
    const good = event({ type: 'tallystick.job.submitted' }, { ...job(), id: 'never-taken' });
    const batch = { 'content-type': 'application/cloudevents-batch+json' };
    const service = caller(server, 'service');
    const answer = await service('POST', '/v1/events', [good, event({ type: 'nothing' }), good], batch);
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ field: '[1].type' }] } });
    // A later event has been decided, and no event of the refused batch has been stored.
    const behind = event({ type: 'tallystick.job.failed' }, { id: 'behind', organizationId: 'unknown-organization' });
    expect((await service('POST', '/v1/events', behind, types)).status).toBe(202);
    const letters = () => caller(server, 'operator')('GET', '/v1/ops/dead-letters');
    const seen = await eventually(letters, ({ body }) => body.data.length > 0);
    expect(seen.body.data).toMatchObject([
      { class: 'refused', key: 'unknown-organization', reason: expect.stringContaining('unknown_organization') },
    ]);
    expect((await service('GET', `/v1/jobs/never-taken?organizationId=${organizationId}`)).status).toBe(404);
  });
});
