import { caller, organizationWith } from '../support/callers';
import { useServer, withCatalog } from '../support/use-server';

const server = useServer(withCatalog('leapocr'));

test('a heartbeat returns the new expiry of the reservation', async () => {
  const organizationId = await organizationWith(server, 100);
  const service = caller(server, 'service');
  await service('POST', '/v1/jobs', {
    id: 'alive',
    organizationId,
    operation: 'standard-v2',
    usage: { pages: 1 },
  });
  const beat = await service('POST', '/v1/jobs/alive/heartbeat', { organizationId });
  expect(beat).toMatchObject({
    status: 200,
    body: { status: 'reserved', expiresAt: expect.stringMatching(/Z$/) },
  });
  expect((await service('POST', '/v1/jobs/unknown/heartbeat', { organizationId })).status).toBe(404);
});
