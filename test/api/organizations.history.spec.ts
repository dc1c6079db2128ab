import { caller, organizationWith } from '../support/callers';
import { useServer, withCatalog } from '../support/use-server';

const server = useServer(withCatalog('leapocr'));
const operator = caller(server, 'operator');
const service = caller(server, 'service');
const submit = (organizationId: string, id: string, pages: number, more: object = {}) =>
  service('POST', '/v1/jobs', { id, organizationId, operation: 'standard-v2', usage: { pages }, ...more });
const complete = (organizationId: string, id: string) => service('POST', `/v1/jobs/${id}/complete`, { organizationId });

test('history lists the newest entries first, with references, filters and pages', async () => {
  const id = await organizationWith(server, 100);
  await submit(id, 'a', 10, { reference: 'contract.pdf', projectId: 'legal' });
  await submit(id, 'b', 5);
  const { revision } = (await complete(id, 'a')).body;
  const read = async (query: string) =>
    (await operator('GET', `/v1/organizations/${id}/history?atLeastRevision=${revision}&${query}`)).body;
  const all = await read('');
  expect(all.data.map(({ kind, credits }: { kind: string; credits: number }) => [kind, credits])).toEqual([
    ['consume', 10],
    ['reserve', 5],
    ['reserve', 10],
    ['grant', 100],
  ]);
  expect(all.data[0]).toMatchObject({
    operation: 'standard-v2',
    projectId: 'legal',
    jobId: 'a',
    reference: 'contract.pdf',
  });
  expect((await read('kind=grant')).data).toHaveLength(1);
  expect((await read('project=legal')).data).toHaveLength(2);
  expect((await read('operation=pro-v2')).data).toHaveLength(0);
  expect((await read('to=2020-01-01T00:00:00Z')).data).toHaveLength(0);
  const first = await read('limit=3');
  const second = await read(`limit=3&cursor=${first.nextCursor}`);
  expect([...first.data, ...second.data]).toEqual(all.data);
  expect(second.nextCursor).toBeNull();
});
