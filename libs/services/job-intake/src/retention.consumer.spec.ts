import { systemClock, type Clock } from '@tallystick/runtime';
import { Logger } from '@nestjs/common';
import type { LedgerClient } from '@tallystick/contracts/ledger';
import type { ReceivedMessage } from '@tallystick/eventing';
import type { DetailsService } from './details.service';
import { RetentionConsumer } from './retention.consumer';
import type { RetentionService } from './retention.service';

const END = {
  type: 'CreditsConsumed',
  data: { jobId: 'job' },
  metadata: { recordedAt: '2026-11-21T12:00:00.000Z' },
};
const message = (value: unknown): ReceivedMessage => ({
  key: 'org',
  value: Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)),
  headers: {},
  topic: 'credits.events',
  partition: 0,
  offset: '0',
  timestamp: 0,
});
const FOREIGN: readonly unknown[] = [
  'no JSON',
  'null',
  '7',
  [],
  {},
  { type: { toString: '' } },
  { ...END, data: null },
  { ...END, data: { jobId: { toString: '' } } },
  { ...END, metadata: undefined },
  { ...END, type: 'CreditsRefunded', data: {} },
  { type: 'tallystick.job.refused', organizationId: { toString: '' }, jobId: 'job' },
];

let logged: jest.SpyInstance;
beforeEach(() => (logged = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined)));
afterEach(() => logged.mockRestore());

test('messages of other programs are logged and skipped; the others are processed', async () => {
  const ended = jest.fn(async () => undefined);
  const kept = jest.fn(async () => []);
  const details = { keptAmong: kept, drop: async () => undefined };
  const consumer = new RetentionConsumer(
    { ended } as unknown as RetentionService,
    details as unknown as DetailsService,
    {} as never,
    systemClock as unknown as Clock,
  );
  await consumer.credits([...FOREIGN, END].map(message));
  expect(ended).toHaveBeenCalledWith(
    [{ organizationId: 'org', jobId: 'job', endedAt: END.metadata.recordedAt }],
    expect.any(Number),
  );
  const refused = { type: 'tallystick.job.refused', organizationId: 'org', jobId: 'job' };
  await consumer.decisions([...FOREIGN, refused].map(message));
  expect(kept).toHaveBeenCalledWith(['org/job'], expect.any(Number));
  expect(logged.mock.calls.length).toBeGreaterThan(FOREIGN.length);
});

test.each([
  ['does not exist', undefined, true],
  ['is open', { status: 'reserved' }, false],
  ['has only an outcome', { status: 'awaiting', outcomes: [] }, true],
])('the details of a refused submission are deleted unless the job is open (it %s)', async (_, job, isDropped) => {
  const drop = jest.fn(async () => undefined);
  const consumer = new RetentionConsumer(
    {} as RetentionService,
    { keptAmong: async () => ['org/job'], drop } as unknown as DetailsService,
    { job: async () => job } as unknown as LedgerClient,
    systemClock as unknown as Clock,
  );
  await consumer.decisions([message({ type: 'tallystick.job.refused', organizationId: 'org', jobId: 'job' })]);
  expect(drop).toHaveBeenCalledWith(isDropped ? ['org/job'] : []);
});
