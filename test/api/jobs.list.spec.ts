import { caller, eventually, organizationWith } from '../support/callers';
import { useServer, withCatalog } from '../support/use-server';

const server = useServer(withCatalog('leapocr'));

test('the pages of the list contain each job once, even jobs of the same instant', async () => {
  const organizationId = await organizationWith(server, 100);
  const service = caller(server, 'service');
  const jobs = Array.from({ length: 30 }, (_, index) => ({
    id: `list-${index}`,
    organizationId,
    operation: 'standard-v2',
    usage: { pages: 1 },
  }));
  await service('POST', '/v1/jobs/batch', { jobs });
  const list = async (query: string) =>
    (await service('GET', `/v1/jobs?organizationId=${organizationId}${query}`)).body;
  await eventually(
    () => list('&limit=100'),
    ({ data }) => data.length === 30,
  );
  const seen: string[] = [];
  let cursor = '';
  do {
    const page = await list(`&limit=7${cursor}`);
    seen.push(...page.data.map(({ jobId }: { jobId: string }) => jobId));
    cursor = page.nextCursor && `&cursor=${page.nextCursor}`;
  } while (cursor);
  expect(seen.sort()).toEqual(jobs.map(({ id }) => id).sort());
  expect((await list('&status=consumed')).data).toEqual([]);
  expect((await list('&project=default&operation=standard-v2&status=reserved&limit=100')).data).toHaveLength(30);
});
