import { caller, eventually } from '../support/callers';
import { useServer, withCatalog } from '../support/use-server';

const server = useServer(withCatalog('leapocr'));
const operator = caller(server, 'operator');

test('a view is rebuilt while the current one is served', async () => {
  expect((await operator('POST', '/v1/ops/views/nothing/rebuild')).status).toBe(404);
  expect((await operator('POST', '/v1/ops/views/balances/rebuild')).status).toBe(202);
  const views = await eventually(
    async () =>
      (await operator('GET', '/v1/ops/views')).body.data as { name: string; rows?: number; rebuilding?: object }[],
    (all) => all.every(({ rebuilding }) => rebuilding === undefined),
  );
  expect(views.map(({ name }) => name)).toEqual(['balances', 'grants', 'history', 'usage', 'jobs']);
  expect(views[0]!.rows).toBeGreaterThan(0);
  const { body } = await operator('GET', '/v1/ops/organizations?limit=1000');
  expect(body.data).toContainEqual(expect.objectContaining({ organizationId: 'demo', granted: expect.any(Number) }));
  expect((await operator('GET', '/v1/ops/parked-organizations')).body).toEqual({
    data: [],
    nextCursor: null,
  });
  const released = await operator('POST', '/v1/ops/parked-organizations/demo/release');
  expect(released.body).toEqual({ organizationId: 'demo', state: 'running', decided: 0 });
});
