import { caller, organizationWith } from '../support/callers';
import { useServer, withCatalog } from '../support/use-server';

const server = useServer(withCatalog('leapocr'));
const operator = caller(server, 'operator');
const service = caller(server, 'service');
const submit = (organizationId: string, id: string, pages: number, more: object = {}) =>
  service('POST', '/v1/jobs', { id, organizationId, operation: 'standard-v2', usage: { pages }, ...more });
const complete = (organizationId: string, id: string) => service('POST', `/v1/jobs/${id}/complete`, { organizationId });
let org: string;
beforeAll(async () => {
  org = await organizationWith(server, 10_000_000);
}, 60_000);

const at = (path: string) => `/v1/organizations/${org}${path}`;

test('usage is grouped by project and day; the raw stream is returned in pages', async () => {
  const id = await organizationWith(server, 100);
  await submit(id, 'a', 10, { projectId: 'p' });
  await submit(id, 'b', 4, { projectId: 'q' });
  await complete(id, 'a');
  const { revision } = (await service('POST', '/v1/jobs/b/fail', { organizationId: id })).body;
  const today = new Date().toISOString().slice(0, 10);
  const usage = (query: string) =>
    operator('GET', `/v1/organizations/${id}/usage?atLeastRevision=${revision}&${query}`);
  expect((await usage('groupBy=project,day')).body.data).toEqual([
    {
      projectId: 'p',
      day: today,
      jobs: 1,
      reserved: 10,
      consumed: 10,
      refunded: 0,
      writtenOff: 0,
      overage: 0,
    },
    {
      projectId: 'q',
      day: today,
      jobs: 1,
      reserved: 4,
      consumed: 0,
      refunded: 4,
      writtenOff: 0,
      overage: 0,
    },
  ]);
  expect((await usage('')).body.data).toMatchObject([{ jobs: 2, reserved: 14, consumed: 10, refunded: 4 }]);
  expect((await usage(`from=${today}T00:00:00Z&project=p`)).body.data).toMatchObject([{ jobs: 1, consumed: 10 }]);
  const types: string[] = [];
  let cursor = '';
  do {
    const page = (await operator('GET', `/v1/organizations/${id}/events?limit=2${cursor}`)).body;
    types.push(...page.data.map(({ type }: { type: string }) => type));
    cursor = page.nextCursor && `&cursor=${page.nextCursor}`;
  } while (cursor);
  expect(types).toEqual([
    'OrganizationOpened',
    'CreditsGranted',
    'CreditsReserved',
    'CreditsReserved',
    'CreditsConsumed',
    'CreditsRefunded',
  ]);
});

describe('usage by day', () => {
  const usage = (query: string) => operator('GET', at(`/usage?${query}`));

  test('refuses an interval that does not start and end on a UTC day', async () => {
    for (const query of [
      'from=2026-11-30T00:00:00%2B05:30',
      'to=2026-11-30T00:00:00.001Z',
      'from=2026-11-30T00:00:00.0000001Z',
    ])
      expect(await usage(query)).toMatchObject({ status: 422, body: { errors: [{ rule: 'day' }] } });
  });

  test('accepts an interval of whole UTC days in any time zone notation', async () => {
    const today = new Date().toISOString().slice(0, 10);
    const next = new Date(Date.parse(today) + 86_400_000).toISOString().slice(0, 10);
    await service('POST', '/v1/jobs', {
      id: 'today',
      organizationId: org,
      operation: 'standard-v2',
      usage: { pages: 1 },
    });
    const all = (await usage('groupBy=day')).body.data;
    expect(all).not.toEqual([]);
    const inDelhi = (day: string) => `${day}T05:30:00%2B05:30`;
    expect((await usage(`groupBy=day&from=${inDelhi(today)}`)).body.data).toEqual(
      all.filter(({ day }: { day: string }) => day >= today),
    );
    expect((await usage(`from=${inDelhi(next)}`)).body.data).toEqual([]);
  });
});
