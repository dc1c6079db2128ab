import { caller } from '../support/callers';
import { useServer, withCatalog } from '../support/use-server';

const server = useServer(withCatalog('leapocr'));
const service = caller(server, 'service');

test('returns the configured catalog', async () => {
  const { body } = await service('GET', '/v1/catalog');
  expect(body).toMatchObject({
    id: 'leapocr',
    operations: [{ id: 'standard-v2', unit: 'page', credits: 1 }, { id: 'pro-v2' }],
  });
});
