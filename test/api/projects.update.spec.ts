import { caller, organizationWith } from '../support/callers';
import type { TestResponse } from '../support/server';
import { useServer, withCatalog } from '../support/use-server';

const server = useServer(withCatalog('leapocr'));
const operator = caller(server, 'operator');
const times = <T>(count: number, make: (at: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, at) => make(at)));
const statuses = (answers: readonly TestResponse[]) => answers.map(({ status }) => status).sort();

describe('concurrent changes of one project are all stored:', () => {
  const changes: [string, object, object][] = [
    ['name and cap', { name: 'Legal' }, { budgetCap: 40 }],
    ['cap and retention', { budgetCap: 40 }, { retentionDays: 3 }],
    ['name and retention', { name: 'Legal' }, { retentionDays: 'off' }],
  ];
  test.each(changes)(
    '%s',
    async (_, one, two) => {
      const id = await organizationWith(server, 0);
      for (let round = 0; round < 20; round++) {
        const path = `/v1/organizations/${id}/projects/p${round}`;
        if (round % 2 === 0) await operator('PUT', path, { name: 'Former', budgetCap: 1, retentionDays: 1 });
        const bodies = round % 4 < 2 ? [one, two] : [two, one];
        const answers = await times(2, (at) => operator('PUT', path, bodies[at]));
        expect(statuses(answers)).toEqual([200, 200]);
        expect((await operator('GET', path)).body).toMatchObject({ ...one, ...two });
        const { data } = (await operator('GET', `/v1/organizations/${id}/projects?limit=100`)).body;
        expect(
          data[data.findIndex((project: { projectId: string }) => project.projectId === `p${round}`)],
        ).toMatchObject({ ...one, ...two });
      }
    },
    60_000,
  );

  test('the retention of several projects', async () => {
    const id = await organizationWith(server, 0);
    const put = (at: number) => operator('PUT', `/v1/organizations/${id}/projects/p${at}`, { retentionDays: at });
    expect(new Set(statuses(await times(12, put)))).toEqual(new Set([200]));
    const { projectRetentionDays } = (await operator('GET', `/v1/organizations/${id}/settings`)).body;
    expect(projectRetentionDays).toEqual(Object.fromEntries(Array.from({ length: 12 }, (_, at) => [`p${at}`, at])));
  });
});
