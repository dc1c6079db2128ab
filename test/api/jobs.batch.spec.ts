import { caller } from '../support/callers';
import { parties } from './support/parties';
import { useServer, withCatalog } from '../support/use-server';

const server = useServer(withCatalog('leapocr'));
const job = (id: string, pages = 10) => ({ id, operation: 'standard-v2', usage: { pages } });
const service = caller(server, 'service');

describe('POST /v1/jobs/batch', () => {
  test('reports each refusal with the title and status of a single submission', async () => {
    const { p } = await parties(server);
    await p('POST', '/v1/jobs', job('known'));
    const bad = [job('expensive', 1_000), { id: 'x', operation: 'none such' }, job('known', 2), { operation: 3 }];
    const alone = await Promise.all(bad.map((one) => p('POST', '/v1/jobs', one)));
    const { results } = (await p('POST', '/v1/jobs/batch', { jobs: [...bad, job('fine')] })).body;
    const problems = alone.map(({ status, body }) => ({
      type: body.type,
      title: body.title,
      status,
      httpStatus: status,
      code: body.code,
      detail: body.detail,
    }));
    expect(problems.map(({ title }) => title)).toEqual([
      'Insufficient credits',
      'The job cannot be rated',
      'Another job has this id',
      'Some members are wrong',
    ]);
    expect(results).toMatchObject([...problems, { jobId: 'fine', status: 'reserved', httpStatus: 202 }]);
  });

  test('so does POST /v1/preview', async () => {
    const { p } = await parties(server);
    const jobs = [job('a'), job('expensive', 1_000), { operation: 3 }];
    const { results } = (await p('POST', '/v1/preview', { jobs })).body;
    expect(results).toMatchObject([
      { accepted: true, httpStatus: 200 },
      {
        accepted: false,
        httpStatus: 200,
        refusal: { title: 'Insufficient credits', status: 402, httpStatus: 402 },
      },
      { title: 'Some members are wrong', status: 422, httpStatus: 422 },
    ]);
    expect((await p('POST', '/v1/preview', jobs[1])).body.refusal).toMatchObject({
      title: 'Insufficient credits',
      status: 402,
    });
  });

  test('so does POST /v1/jobs/outcomes', async () => {
    const { id } = await parties(server);
    const outcomes = [
      { id: 'a', organizationId: 'none', outcome: 'failed' },
      { id: 'a', outcome: 'failed' },
      { id: 'a', organizationId: id, outcome: 'failed' },
    ];
    const { results } = (await service('POST', '/v1/jobs/outcomes', { outcomes })).body;
    expect(results).toMatchObject([
      { title: 'There is no such organization', status: 404, httpStatus: 404 },
      { title: 'Some members are wrong', status: 422, httpStatus: 422 },
      { status: 'remembered', httpStatus: 202 },
    ]);
  });
});
