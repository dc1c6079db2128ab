import { balanceOf, caller, organizationWith } from '../support/callers';
import { useServer, withCatalog } from '../support/use-server';

const server = useServer(withCatalog('leapocr'));
const structured = ['structured-output'];
let org: string;
let made = 0;
beforeAll(async () => {
  org = await organizationWith(server, 10_000_000);
}, 60_000);

const service = caller(server, 'service');
const job = (more: object = {}) => ({
  id: `job-${++made}`,
  organizationId: org,
  operation: 'standard-v2',
  usage: { pages: 12 },
  ...more,
});

test('a repeated submission returns the first response; another job with the same id is a conflict', async () => {
  const organizationId = await organizationWith(server, 100);
  const service = caller(server, 'service');
  const job = { id: 'job', organizationId, operation: 'pro-v2', usage: { pages: 3 }, features: structured };
  const first = await service('POST', '/v1/jobs', job);
  const again = await service('POST', '/v1/jobs', { ...job, reference: 'details are not compared' });
  expect([first.status, again.status]).toEqual([202, 200]);
  expect(again.body).toEqual(first.body);
  for (const other of [{ usage: { pages: 4 } }, { operation: 'standard-v2' }, { features: [] }, { projectId: 'other' }])
    expect(await service('POST', '/v1/jobs', { ...job, ...other })).toMatchObject({
      status: 409,
      body: { code: 'job_conflict' },
    });
  expect(await balanceOf(server, organizationId)).toMatchObject({ available: 88, reserved: 12 });
});

describe('an equivalent submission', () => {
  test('is recognized as a repetition, alone and in a batch', async () => {
    const files = [
      { type: 'pdf', pages: 3, name: 'a.pdf' },
      { type: 'png', pages: 1 },
      { type: 'pdf', pages: 5 },
    ];
    const first = job({ usage: { files }, features: ['structured-output', 'custom-instructions'] });
    const { body: reserved } = await service('POST', '/v1/jobs', first);
    const again = {
      ...first,
      usage: {
        files: [
          { type: 'image/PNG', pages: 1 },
          { type: 'PDF', pages: 5, name: 'b.pdf' },
          { type: 'application/pdf', pages: 3 },
        ],
      },
      features: ['custom-instructions', 'structured-output'],
      reference: 'another one',
    };
    expect(await service('POST', '/v1/jobs', again)).toMatchObject({ status: 200, body: reserved });
    const { body } = await service('POST', '/v1/jobs/batch', { jobs: [again] });
    expect(body.results).toMatchObject([{ ...reserved, repeated: true }]);
    const other = { ...again, usage: { files: files.slice(1) } };
    expect(await service('POST', '/v1/jobs', other)).toMatchObject({ status: 409, body: { code: 'job_conflict' } });
  });
});
