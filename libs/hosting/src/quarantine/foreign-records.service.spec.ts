import { Problem } from '@tallystick/contracts/http';
import { NO_STREAM, recordHash } from '@tallystick/eventing';
import { InMemoryEventStore, type Fault } from '@tallystick/eventing-testing';
import { ALARM_CLOCK, recordOf, type AlarmsDefinition } from '../../support/alarms';
import { host, HostStores } from '../../support/host';
import { ForeignRecordsService } from './foreign-records.service';
import { ParkingService } from './parking.service';

const NOW = '2026-01-01T00:00:00.000Z';
const LATER = '2026-02-01T00:00:00.000Z';

let faults: (Fault | undefined)[];
let stores: HostStores;
let process: Awaited<ReturnType<typeof host>>;
beforeEach(() => {
  faults = [];
  stores = new HostStores(new InMemoryEventStore((stream) => (stream === 'alarms-a' ? faults.shift() : undefined)));
  stores.clock.time = Date.parse(NOW);
});
afterEach(() => process.app.close());

const set = (now = NOW) => process.execute('a', { type: 'Set', dueAt: LATER, now });
const accept = (revision: number, stream = 'alarms-a', reason = 'a script wrote it') =>
  process.app.get(ForeignRecordsService).accept(stream, revision, reason, 'olga');
const endOf = async () => (await stores.events.read('alarms-a', 0, 100)).at(-1)!;
const stray = (...types: string[]) =>
  stores.events.append(
    'alarms-a',
    stores.events.head('alarms-a'),
    (types.length === 0 ? ['Stray'] : types).map((type) => recordOf(type)),
  );

/** A stream with one event, and then one record of each type. */
async function start(types: readonly string[] = ['Stray'], definition?: AlarmsDefinition) {
  process = await host(stores, definition);
  await set();
  if (types.length > 0) await stray(...types);
}

async function refusal(accepted: Promise<unknown>) {
  const error = await accepted.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(Problem);
  const { status, code, detail } = error as Problem;
  return { status, code, detail };
}

describe('an accepted record', () => {
  test('is named by an event at the end of the stream, which goes on', async () => {
    await start();
    await expect(set()).rejects.toThrow();
    const [, record] = await stores.events.read('alarms-a', 0, 10);
    const accepted = { revision: 1, eventId: record!.id, hash: recordHash(record!), reason: 'a script wrote it' };
    expect(await accept(1)).toEqual({
      stream: 'alarms-a',
      entityId: 'a',
      accepted: { ...accepted, actor: 'olga' },
      acceptedAt: 2,
      state: 'running',
    });
    expect(await endOf()).toMatchObject({
      revision: 2,
      type: 'RecordAccepted',
      data: { ...accepted, actor: 'olga' },
      metadata: { recordedAt: NOW },
    });
    expect(await set()).toBe('set');
  });

  test('stays as it was accepted when it is accepted again', async () => {
    await start();
    const first = await accept(1);
    expect(await accept(1, 'alarms-a', 'another reason')).toEqual(first);
    expect(await endOf()).toMatchObject({ revision: 2 });
  });

  test('is accepted at the time of the last event if the clock is behind it', async () => {
    await start([]);
    await set(LATER);
    await stray();
    await accept(2);
    expect((await endOf()).metadata).toMatchObject({ recordedAt: LATER });
  });

  test('is accepted before another foreign record, which still stops the stream', async () => {
    await start(['Stray', 'Stray']);
    expect(await accept(1)).toMatchObject({ acceptedAt: 3, state: 'stopped', stopped: { revision: 2 } });
    expect(await accept(2)).toMatchObject({ acceptedAt: 4, state: 'running' });
  });

  test('is not released by force: if a parked message fails again, the stream stays stopped', async () => {
    await start();
    jest.spyOn(process.app.get(ParkingService), 'release').mockRejectedValue(new Problem(409, 'still_stopped', 'no'));
    expect(await accept(1)).toMatchObject({ acceptedAt: 2 });
  });
});

describe('the append', () => {
  test.each<[string, Fault[], number]>([
    ['is repeated if it got lost', ['lost'], 2],
    ['is found if only its answer got lost', ['stored then lost'], 2],
    ['is repeated four times', ['lost', 'lost', 'lost', 'lost'], 2],
  ])('%s', async (_, lost, acceptedAt) => {
    await start();
    faults = lost;
    expect(await accept(1)).toMatchObject({ acceptedAt, state: 'running' });
    expect(await endOf()).toMatchObject({ revision: acceptedAt });
  });

  test('is repeated behind an event that came between', async () => {
    await start();
    const append = stores.events.append.bind(stores.events);
    stores.events.append = async (stream, expected, events) => {
      stores.events.append = append;
      await append('alarms-a', 1, [recordOf('Rang', { schemaVersion: 1, occurredAt: NOW, recordedAt: NOW })]);
      return append(stream, expected, events);
    };
    expect(await accept(1)).toMatchObject({ acceptedAt: 3, state: 'running' });
  });

  test('is given up after five attempts', async () => {
    await start();
    faults = Array<Fault>(6).fill('lost');
    expect(await refusal(accept(1))).toMatchObject({ status: 503, code: 'unavailable' });
    expect(faults).toHaveLength(1);
  });

  test('fails with the error of the store if that is another one', async () => {
    await start();
    stores.events.append = () => Promise.reject(new Error('the disk is full'));
    await expect(accept(1)).rejects.toThrow('the disk is full');
  });
});

describe('is refused', () => {
  test.each<[string, string[], number, string, { status: number; code: string; detail: string }]>([
    [
      'a stream of another category',
      ['Stray'],
      1,
      'notes-a',
      { status: 404, code: 'not_found', detail: 'they begin with alarms-' },
    ],
    ['a stream that does not exist', [], 0, 'alarms-b', { status: 404, code: 'not_found', detail: 'Stream not found' }],
    [
      'a revision that the stream does not have',
      ['Stray'],
      2,
      'alarms-a',
      { status: 409, code: 'revision_not_reached', detail: 'alarms-a ends at revision 1; it has no revision 2' },
    ],
    [
      'a record that can be read',
      ['Stray'],
      0,
      'alarms-a',
      { status: 409, code: 'record_is_ours', detail: 'there is nothing to accept' },
    ],
    [
      'a record of a later version',
      ['Snoozed'],
      1,
      'alarms-a',
      { status: 409, code: 'record_is_newer', detail: 'is never skipped: it is of version 2' },
    ],
    [
      'a record behind another one that is not accepted',
      ['Stray', 'Stray'],
      2,
      'alarms-a',
      { status: 409, code: 'earlier_foreign_record', detail: 'The record at revision 1 of alarms-a comes first' },
    ],
  ])('%s', async (_, types, revision, stream, { detail, ...refused }) => {
    await start(types);
    const end = await endOf();
    expect(await refusal(accept(revision, stream))).toEqual({ ...refused, detail: expect.stringContaining(detail) });
    expect(await endOf()).toEqual(end);
  });

  test('a record of a stream that another program has started', async () => {
    await start([]);
    await stores.events.append('alarms-x', NO_STREAM, [recordOf('Stray')]);
    expect(await refusal(accept(0, 'alarms-x'))).toMatchObject({ status: 409, code: 'stream_taken' });
  });

  test('any record of a category whose codec accepts none', async () => {
    const { accept: _, ...codec } = ALARM_CLOCK.codec;
    await start(['Stray'], { ...ALARM_CLOCK, codec });
    expect(await refusal(accept(1))).toMatchObject({ status: 404, code: 'not_found' });
  });
});
