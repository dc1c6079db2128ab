import { systemClock } from '@tallystick/runtime';
import { DETAILS, DELETED_DETAILS } from '@tallystick/contracts/intake';
import { HISTORY, JOBS } from '@tallystick/domain/ledger';
import { type Row } from '@tallystick/eventing';
import { InMemoryRecordStore, InMemoryViewStore } from '@tallystick/eventing-testing';
import { HistoryService } from './history.service';
import type { LedgerSettings } from '../settings';

const LIMITS = { pageSize: 50, maxPageSize: 1_000 } as LedgerSettings;
const GONE = 'details deleted';

let views: InMemoryViewStore;
let records: InMemoryRecordStore;
let service: HistoryService;
beforeEach(async () => {
  [views, records] = [new InMemoryViewStore(), new InMemoryRecordStore()];
  service = new HistoryService(views, records, LIMITS, systemClock);
  await views.open([HISTORY, JOBS]);
});

const movement = (revision: number, kind: string, jobId: string | null, more: Row = {}): Row => ({
  organizationId: 'o',
  revision,
  kind,
  credits: 1,
  jobId,
  operation: 'read',
  hasDetails: null,
  ...more,
});
const put = (table: typeof HISTORY | typeof JOBS, rows: readonly Row[]) =>
  views.commit([{ table, checkpoint: { position: 1 }, put: rows }]);
const shown = async () =>
  (await service.history('o', {})).data.map((row) => {
    const { kind, jobId, reference, details } = row as unknown as Record<string, unknown>;
    return [kind, jobId, reference ?? details];
  });

test('shows the reference while details are kept, then that they are deleted; nothing where there were none', async () => {
  await put(HISTORY, [
    movement(1, 'grant', null, { operation: null }),
    movement(2, 'reserve', 'kept', { hasDetails: 1 }),
    movement(3, 'reserve', 'gone', { hasDetails: 1 }),
    movement(4, 'reserve', 'by-hand'),
    movement(5, 'reserve', 'never'),
    movement(6, 'reserve', 'no-reference', { hasDetails: 1 }),
  ]);
  await records.put(DETAILS, [
    { key: 'o/kept', value: { details: { reference: 'r' }, projectId: 'p' } },
    { key: 'o/no-reference', value: { details: { metadata: {} }, projectId: 'p' } },
  ]);
  await records.put(DELETED_DETAILS, [{ key: 'o/by-hand', value: true }]);
  expect(await shown()).toEqual([
    ['reserve', 'no-reference', undefined],
    ['reserve', 'never', undefined],
    ['reserve', 'by-hand', GONE],
    ['reserve', 'gone', GONE],
    ['reserve', 'kept', 'r'],
    ['grant', null, undefined],
  ]);
});

test('reads the jobs view for the movements of grants for single jobs, which carry no such member', async () => {
  const ofGrant = { operation: null, grantId: 'payg:j' };
  await put(HISTORY, [movement(1, 'grant', 'j', ofGrant), movement(2, 'revoke', 'other', ofGrant)]);
  const job = (jobId: string, hasDetails: boolean) => ({
    organizationId: 'o',
    jobId,
    reservation: JSON.stringify({ jobId, hasDetails }),
  });
  await put(JOBS, [job('j', true), job('other', false)]);
  expect(await shown()).toEqual([
    ['revoke', 'other', undefined],
    ['grant', 'j', GONE],
  ]);
});
