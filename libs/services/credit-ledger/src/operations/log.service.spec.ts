import { randomUUID } from 'node:crypto';
import { Logger } from '@nestjs/common';
import { ANSWERS } from '@tallystick/contracts/http';
import {
  InstallationMode,
  LogService,
  marked,
  PublisherCheckpoint,
  Stream,
  StreamLog,
  type Mark,
} from '@tallystick/hosting';
import { Clock, StartupError, systemClock } from '@tallystick/runtime';
import { SharedStores } from '../../support/ledger-process';
import { creditsStream } from '../commands/credits-stream';
import type { SettledJobs } from '../commands/settled-jobs';
import { BALANCES, DEFAULT_POLICY, LEDGER_VIEWS } from '@tallystick/domain/ledger';
import {
  beginEpoch,
  LOG_STREAM,
  readEpochs,
  type Checkpoint,
  type Epoch,
  type LogMode,
  type RecordedEvent,
} from '@tallystick/eventing';
import { InMemoryEventStore, InMemoryRecordStore, InMemoryViewStore } from '@tallystick/eventing-testing';
import type { LedgerSettings } from '../settings';

Logger.overrideLogger(false);

const policy = { ...DEFAULT_POLICY, catalog: new SharedStores().catalog };
const STREAM = Stream.of(creditsStream(policy, { snapshotEvery: 1_000 } as LedgerSettings, {} as SettledJobs));

const AT = '2026-01-01T00:00:00.000Z';
const DAY = 86_400_000;

class StoppedClock extends Clock {
  started: number | undefined;
  override now = (): number => Date.parse(AT);
  override startAfter(logTime: number | undefined): void {
    this.started = logTime;
  }
}

/** A log of `events` events, and what a process keeps beside it. */
async function installation(events: number) {
  const store = new InMemoryEventStore();
  const views = new InMemoryViewStore();
  const records = new InMemoryRecordStore();
  const published = new PublisherCheckpoint(STREAM, records, systemClock);
  await views.open(LEDGER_VIEWS.map(({ table }) => table));
  const metadata = { schemaVersion: 1, occurredAt: AT, recordedAt: AT };
  for (let i = 0; i < events; i++)
    await store.append('credits-a', i - 1, [
      i === 0
        ? { id: randomUUID(), type: 'OrganizationOpened', data: { currency: 'USD' }, metadata }
        : { id: randomUUID(), type: 'SettingsChanged', data: { settings: {} }, metadata },
    ]);
  const event = async (position: number): Promise<RecordedEvent> => (await store.at(position))!;
  const view = (checkpoint: Checkpoint) =>
    views.commit([{ table: BALANCES, checkpoint, put: [{ organizationId: 'a' }] }]);
  const open = (acceptTruncatedLog = false, newRecords = false) =>
    openWith(new StoppedClock(), acceptTruncatedLog, newRecords);
  const openWith = async (
    clock: Clock,
    acceptTruncatedLog = false,
    newRecords = false,
    newLogMode: LogMode = 'live',
    mode = new InstallationMode(),
  ) => {
    const readiness = { add: () => undefined };
    const settings = { acceptTruncatedLog, newRecords, newLogMode };
    const service = new LogService(store, views, records, clock, settings, readiness, systemClock, mode);
    new StreamLog(STREAM, store, service, published);
    await service.open();
    return service;
  };
  const openAs = async (newLogMode: LogMode, acceptTruncatedLog = false, clock: Clock = new StoppedClock()) => {
    const mode = new InstallationMode();
    await openWith(clock, acceptTruncatedLog, false, newLogMode, mode);
    return mode.recorded;
  };
  const epochs = async () => (await readEpochs(store)) as [Epoch];
  const rows = () => views.find(BALANCES, {});
  const names = async () => (await readEpochs(store)).map(({ log }) => log);
  return { store, views, records, published, event, view, open, openWith, openAs, epochs, rows, names };
}

test('a log gets an identity at its first start, empty or not, and keeps it', async () => {
  const { open, names } = await installation(3);
  const first = await open();
  expect([(await open()).name, await names()]).toEqual([first.name, [first.name]]);
});

describe('the mode of a log', () => {
  test('is that of the settings at its first start, and is kept', async () => {
    const { openAs, epochs } = await installation(0);
    expect(await openAs('test')).toBe('test');
    expect(await openAs('live')).toBe('test');
    expect(await epochs()).toEqual([expect.objectContaining({ reason: 'opened', mode: 'test' })]);
  });

  test('is live for a log that an earlier version used, with or without an identity', async () => {
    const used = await installation(2);
    expect(await used.openAs('test')).toBe('live');
    const known = await installation(0);
    await beginEpoch(known.store, [], { reason: 'opened', at: AT });
    expect(await known.openAs('test')).toBe('live');
  });

  test('stays the same where a shorter log is accepted', async () => {
    const { openAs, published, store, epochs } = await installation(0);
    expect(await openAs('test')).toBe('test');
    const [{ log }] = await epochs();
    await published.save({ position: 99, log, id: 'an id that no event has' }, [log]);
    expect(await openAs('live', true)).toBe('test');
    expect((await readEpochs(store)).map(({ mode }) => mode)).toEqual(['test', 'test']);
  });

  test('refuses settings that do not fit it, before it is recorded', async () => {
    const { openAs, epochs } = await installation(0);
    class AdvancedClock extends StoppedClock {
      override get isSandbox(): boolean {
        return true;
      }
    }
    const refused = openAs('live', false, new AdvancedClock());
    await expect(refused).rejects.toBeInstanceOf(StartupError);
    await expect(refused).rejects.toThrow(/^TALLY_CLOCK is "sandbox", but the log is in live mode/);
    expect(await epochs()).toEqual([]);
  });
});

test('the identity carries no business time', async () => {
  const { open, store } = await installation(0);
  await open();
  const [opened] = await store.read(LOG_STREAM, 0, 1);
  expect((opened!.metadata as { recordedAt: string }).recordedAt > AT).toBe(true);
});

test('of two processes that open a log at once, both have the same identity', async () => {
  const { open, names } = await installation(0);
  const [a, b] = await Promise.all([open(), open()]);
  expect(a.name).toBe(b.name);
  expect(await names()).toHaveLength(1);
});

test('the clock receives the time at which the log’s last event was recorded', async () => {
  const { openWith } = await installation(2);
  const clock = new StoppedClock();
  await openWith(clock);
  expect(clock.started).toBe(Date.parse(AT));
});

test('where another program has written the last record, the clock receives the time of the last published event', async () => {
  const { store, published, event, open, openWith } = await installation(2);
  const { position, id } = await event(1);
  const { name, names } = await open();
  await published.save({ position, log: name, id }, names, [{ position, id, at: Date.parse(AT) - DAY }]);
  await store.append('credits-report', -1, [{ id: randomUUID(), type: 'Report', data: {}, metadata: {} }]);
  const clock = new StoppedClock();
  await openWith(clock);
  expect(clock.started).toBe(Date.parse(AT) - DAY);
});

test('bare positions of an older version are adopted', async () => {
  const { open, views, view, records, published, rows, event } = await installation(3);
  await view({ position: 2 });
  await records.put('checkpoints', [{ key: 'publisher', value: 1 }]);
  const { name } = await open();
  expect(await views.checkpoint(BALANCES)).toEqual({ position: 2, log: name, id: (await event(2)).id });
  const { checkpoint, epochs } = await published.load();
  expect([checkpoint, epochs]).toEqual([{ position: 1, log: name, id: (await event(1)).id }, [name]]);
  expect(await rows()).toHaveLength(1);
});

test('what an older replica moves while both run is a bare position again, not a wrong one', async () => {
  const { open, records, published, event } = await installation(3);
  const { name } = await open();
  await published.save({ position: 0, log: name, id: (await event(0)).id }, [name]);
  await records.put('checkpoints', [{ key: 'publisher', value: 2 }]);
  expect((await published.load()).checkpoint).toEqual({ position: 2 });
});

describe('a checkpoint that the log does not bear out', () => {
  const ID = 'an id that no event has';
  it.each<[string, (log: string) => { view?: Checkpoint; published?: Checkpoint }]>([
    ['beyond the end, of a view', (log) => ({ view: { position: 99, log, id: ID } })],
    ['beyond the end, of the publisher', (log) => ({ published: { position: 99, log, id: ID } })],
    ['at another event, of a view', (log) => ({ view: { position: 1, log, id: ID } })],
    ['at another event, of the publisher', (log) => ({ published: { position: 1, log, id: ID } })],
    ['beyond the end, of an older version', () => ({ view: { position: 99 } })],
  ])(
    '%s: the start is refused, unless it is accepted',
    async (_, stored) => {
      const { open, view, published, views, rows, names } = await installation(3);
      const { name } = await open();
      const { view: ofView, published: ofPublisher } = stored(name);
      if (ofView) await view(ofView);
      if (ofPublisher) await published.save(ofPublisher, [name]);
      await expect(open()).rejects.toThrow(StartupError);
      await expect(open()).rejects.toThrow(/--accept-truncated-log/);
      expect(await names()).toEqual([name]);

      const accepted = await open(true);
      expect(await names()).toEqual([name, accepted.name]);
      expect((await published.load()).checkpoint).toEqual({ position: -1, log: accepted.name });
      await views.open([BALANCES]);
      expect(await rows()).toEqual([]);
      expect((await open()).name).toBe(accepted.name);
    },
    20_000,
  );

  it('an empty log beside checkpoints is a lost one, not a new one', async () => {
    const { open, view, names } = await installation(0);
    await view({ position: 5, log: 'lost', id: ID });
    await expect(open()).rejects.toThrow(/no longer has/);
    expect(await names()).toEqual([]);
  }, 20_000);
});

test('a log that has lost its newest epochs is a shortened one, not another one', async () => {
  const { open, published } = await installation(3);
  const { name } = await open();
  await published.save({ position: 9, log: 'second', id: 'x' }, [name, 'second']);
  await expect(open(false)).rejects.toThrow(/no longer has/);
}, 20_000);

test('readers that name an earlier epoch read the log from the start, without an error', async () => {
  const { open, view, views, published, store, rows, names, event } = await installation(3);
  const { name } = await open();
  const id = (await event(2)).id;
  await view({ position: 2, log: name, id });
  await published.save({ position: 2, log: name, id }, [name]);
  await beginEpoch(store, await readEpochs(store), { reason: 'truncated', at: AT });
  const [, newest] = await names();
  expect((await open()).name).toBe(newest);
  expect((await published.load()).checkpoint).toEqual({ position: -1, log: newest });
  await views.open([BALANCES]);
  expect(await rows()).toEqual([]);
});

test('views of another log are dropped, records of another log are refused even with --accept-truncated-log', async () => {
  const { open, view, views, published, rows } = await installation(3);
  await open();
  await view({ position: 1, log: 'another', id: 'x' });
  await open();
  await views.open([BALANCES]);
  expect(await rows()).toEqual([]);
  await published.save({ position: 1, log: 'another', id: 'x' }, ['another']);
  for (const accept of [false, true]) await expect(open(accept)).rejects.toThrow(/beside the log another/);
});

test('answers to repeated writes go from the last event on that the log surely still has', async () => {
  const { open, published, records, event } = await installation(3);
  const { name } = await open();
  const marks = [
    { position: 1, id: (await event(1)).id, at: 10 * DAY },
    { position: 9, id: 'lost', at: 11 * DAY },
  ];
  await published.save({ position: 9, log: name, id: 'lost' }, [name], marks);
  const answers = { before: 9 * DAY, after: 10 * DAY + 1, 'of an older version': undefined };
  for (const [key, at] of Object.entries(answers)) await records.put(ANSWERS, [{ key, value: { at } }]);
  await open(true);
  const left = await records.list(ANSWERS, { prefix: '', limit: 10, now: 0 });
  expect(left.map(({ key }) => key)).toEqual(['before']);
}, 20_000);

test('marks are bounded, keep the newest, and reach far back', () => {
  let marks: readonly Mark[] = [];
  for (let i = 0; i < 10_000; i++) marks = marked(marks, { position: i, id: String(i), at: i * 10_000 });
  expect(marks.length).toBeLessThanOrEqual(64);
  expect(marks[0]!.position).toBe(0);
  expect(marks[marks.length - 1]!.position).toBe(9_999);
  expect(marked(marks, { position: 10_000, id: 'x', at: 99_990_001 })).toBe(marks);
});

test('the identity is in a stream outside the ledger’s category', () => {
  expect(LOG_STREAM.startsWith('credits-')).toBe(false);
});

describe('a record store that has nothing', () => {
  const forget = async (records: InMemoryRecordStore) => records.remove('checkpoints', ['publisher', 'publisher-log']);

  test('is refused beside a log that has events, with the way out', async () => {
    const { open, records } = await installation(2);
    await open();
    await forget(records);
    const refused = open();
    await expect(refused).rejects.toBeInstanceOf(StartupError);
    await expect(refused).rejects.toThrow(/^The record store is empty, .* --new-records to go on without it: all keys/);
  });

  test('is taken where that is confirmed, and then for good', async () => {
    const { open, records } = await installation(2);
    const { name } = await open();
    await forget(records);
    expect((await open(false, true)).name).toBe(name);
    expect((await open()).name).toBe(name);
  });

  test('is what a log without events has, and what another program’s log has', async () => {
    const empty = await installation(0);
    await empty.open();
    await forget(empty.records);
    await empty.open();
    // Events, but no identity: Tallystick has never opened it.
    await (await installation(2)).open();
  });
});
