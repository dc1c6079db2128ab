import { setTimeout as pause } from 'node:timers/promises';
import { InMemoryRecordStore } from '@tallystick/eventing-testing';
import type { Clock } from '@tallystick/runtime';
import { createLogger } from '../logging';
import { purgeExpiredRecords } from './purge-expired-records';

test('collections that expire by the clock of decisions are purged by its time alone', async () => {
  const records = new InMemoryRecordStore();
  const purge = jest.spyOn(records, 'purge');
  const logger = createLogger('test', { logLevel: 'silent', logFormat: 'json' });
  const clock = { now: () => 100 } as Clock;
  for (const name of ['details', 'answers'])
    await records.put(name, [
      { key: 'old', value: 1, expiresAt: 100 },
      { key: 'new', value: 2, expiresAt: 101 },
    ]);
  const end = purgeExpiredRecords({ records, clock, byClock: ['details'] }, logger, 5);
  while (purge.mock.calls.length < 4) await pause(5);
  await end();
  expect(await records.get('details', ['old', 'new'], 0)).toEqual([undefined, 2]);
  expect(await records.get('answers', ['old', 'new'], 0)).toEqual([undefined, undefined]);
});

test('what has expired is removed again and again, also after a failure, until it is ended', async () => {
  const records = new InMemoryRecordStore();
  const purge = jest.spyOn(records, 'purge').mockRejectedValueOnce(new Error('disk'));
  let log = '';
  const logger = createLogger('test', { logLevel: 'info', logFormat: 'json' }, { write: (line) => void (log += line) });
  const clock = { now: () => 0 } as Clock;
  const end = purgeExpiredRecords({ records, clock, byClock: [] }, logger, 5);
  while (purge.mock.calls.length < 3) await pause(5);
  await end();
  const times = purge.mock.calls.length;
  await pause(30);
  expect(purge.mock.calls.length).toBe(times);
  expect(log).toContain('tried again');
});
