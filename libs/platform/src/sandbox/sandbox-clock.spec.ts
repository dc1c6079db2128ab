import { InMemoryRecordStore } from '@tallystick/eventing-testing';
import { SystemClock, systemClock } from '@tallystick/runtime';
import { SandboxClock } from './sandbox-clock';

const NOW = Date.parse('2026-11-21T09:30:00.000Z');

class FixedClock extends SystemClock {
  override now = (): number => NOW + 750;
  override monotonic = (): number => 0;
}

const opened = async (records: InMemoryRecordStore, logTime?: number): Promise<SandboxClock> => {
  const clock = new SandboxClock(records, new FixedClock());
  await clock.startAfter(logTime);
  return clock;
};

test('a new one begins with the time of the machine, in whole seconds, and does not move', async () => {
  const clock = await opened(new InMemoryRecordStore());
  expect([clock.instant(), clock.isSandbox]).toEqual(['2026-11-21T09:30:00.000Z', true]);
  expect(clock.now()).toBe(NOW);
});

test('it is kept, and goes on where it stood', async () => {
  const records = new InMemoryRecordStore();
  expect(await SandboxClock.keptIn(records, systemClock)).toBeUndefined();
  await (await opened(records)).set(NOW + 5_000);
  expect(await SandboxClock.keptIn(records, systemClock)).toBe('2026-11-21T09:30:05.000Z');
  expect((await opened(records)).now()).toBe(NOW + 5_000);
  expect((await opened(records, NOW)).now()).toBe(NOW + 5_000);
});

test('it is not before the last event of the log', async () => {
  const records = new InMemoryRecordStore();
  await opened(records);
  expect((await opened(records, NOW + 7_001)).now()).toBe(NOW + 8_000);
  expect(await SandboxClock.keptIn(records, systemClock)).toBe('2026-11-21T09:30:08.000Z');
});

test('a time that another process has set in the meantime is not overwritten', async () => {
  const records = new InMemoryRecordStore();
  const clock = await opened(records);
  jest.spyOn(records, 'replace').mockResolvedValueOnce(false);
  await expect(clock.set(NOW + 1_000)).rejects.toThrow('Another process');
  expect(clock.now()).toBe(NOW);
});
