import { detailsKey } from '@tallystick/contracts/intake';
import { LedgerClient, type RetentionReply } from '@tallystick/contracts/ledger';
import { InMemoryRecordStore } from '@tallystick/eventing-testing';
import { DetailsService } from './details.service';
import { RetentionService } from './retention.service';

const NOW = Date.parse('2026-11-21T12:00:00.000Z');
const DAY = 86_400_000;
const at = (days: number): string => new Date(NOW + days * DAY).toISOString();

function given(window: RetentionReply) {
  const details = new DetailsService(new InMemoryRecordStore());
  const reply = { current: window };
  const ledger = { retention: async () => reply.current } as unknown as LedgerClient;
  const retention = new RetentionService(details, ledger);
  const keep = (jobId: string, projectId = 'default') =>
    details.keep([{ organizationId: 'org', projectId, jobId, details: { reference: jobId } }], NOW);
  const seen = async (jobId: string, days: number) => (await details.of('org', [jobId], NOW + days * DAY))[0];
  return { details, retention, keep, seen, reply };
}

test('details are kept for the retention after the end of the job', async () => {
  const { retention, keep, seen } = given({ days: 7, projects: {} });
  await keep('job');
  await retention.ended([{ organizationId: 'org', jobId: 'job', endedAt: at(0) }], NOW);
  expect(await seen('job', 6.9)).toEqual({ reference: 'job' });
  expect(await seen('job', 7)).toBeUndefined();
});

test.each<[string, RetentionReply, string, number | undefined]>([
  ['0 days: deleted with the end', { days: 0, projects: {} }, 'default', 0],
  ['the retention of a project', { days: 7, projects: { team: 2 } }, 'team', 2],
  ['switched off', { days: 'off', projects: {} }, 'default', undefined],
  ['switched off for one project', { days: 7, projects: { team: 'off' } }, 'team', undefined],
])('%s', async (_, window, projectId, last) => {
  const { retention, keep, seen } = given(window);
  await keep('job', projectId);
  await retention.ended([{ organizationId: 'org', jobId: 'job', endedAt: at(0) }], NOW);
  if (last === undefined) expect(await seen('job', 10_000)).toBeDefined();
  else expect(await seen('job', last)).toBeUndefined();
  if (last) expect(await seen('job', last - 0.1)).toBeDefined();
});

test('a change of the retention applies to stored details, except those of open jobs', async () => {
  const { retention, keep, seen, reply } = given({ days: 30, projects: {} });
  await keep('ended');
  await keep('open');
  await retention.ended([{ organizationId: 'org', jobId: 'ended', endedAt: at(-3) }], NOW);
  reply.current = { days: 5, projects: {} };
  await retention.changed('org', NOW);
  expect(await seen('ended', 1.9)).toBeDefined();
  expect(await seen('ended', 2)).toBeUndefined();
  expect(await seen('open', 2)).toBeDefined();
  reply.current = { days: 3, projects: {} };
  await retention.changed('org', NOW);
  expect(await seen('ended', 0)).toBeUndefined();
});

test('details of a job that never ends are deleted', async () => {
  const { keep, seen } = given({ days: 7, projects: {} });
  await keep('lost');
  expect(await seen('lost', 34.9)).toBeDefined();
  expect(await seen('lost', 35)).toBeUndefined();
});

test('deleted details are not restored, not even by the end of the job at the same time', async () => {
  const { details, retention, keep, seen } = given({ days: 7, projects: {} });
  await keep('job');
  await Promise.all([
    retention.ended([{ organizationId: 'org', jobId: 'job', endedAt: at(0) }], NOW),
    details.delete('org', 'job', NOW),
  ]);
  await keep('job');
  expect(await seen('job', 0)).toBe('details deleted');
});

test('stored details are not overwritten', async () => {
  const { details, keep, seen } = given({ days: 7, projects: {} });
  await keep('job');
  const other = {
    organizationId: 'org',
    projectId: 'default',
    jobId: 'job',
    details: { reference: 'other' },
  };
  expect(await details.keep([other], NOW)).toEqual(new Set());
  expect(await seen('job', 0)).toEqual({ reference: 'job' });
  await details.drop([detailsKey('org', 'job')]);
  expect(await details.keep([other], NOW)).toEqual(new Set(['org/job']));
});

test('of two concurrent submissions of a job the details of the first are kept, and the second removes nothing', async () => {
  const { details, seen } = given({ days: 7, projects: {} });
  const keep = (reference: string) =>
    details.keep([{ organizationId: 'org', projectId: 'p', jobId: 'job', details: { reference } }], NOW);
  const [one, two] = await Promise.all([keep('one'), keep('two')]);
  expect([[...one], [...two]]).toEqual([[detailsKey('org', 'job')], []]);
  await details.drop([...two]);
  expect(await seen('job', 0)).toEqual({ reference: 'one' });
});
