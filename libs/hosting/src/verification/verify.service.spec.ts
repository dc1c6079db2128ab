import { NO_STREAM } from '@tallystick/eventing';
import { ALARM_CLOCK, recordOf, type AlarmsDefinition } from '../../support/alarms';
import { host, HostStores, until } from '../../support/host';
import { ForeignRecordsService } from '../quarantine/foreign-records.service';
import { VerificationService } from './verify.service';

const NOW = '2026-01-01T00:00:00.000Z';
const OURS = { schemaVersion: 1, occurredAt: NOW, recordedAt: NOW };
const ring = { ...recordOf('Rang', OURS), id: 'r' };

let stores: HostStores;
let process: Awaited<ReturnType<typeof host>>;
beforeEach(() => void (stores = new HostStores()));
afterEach(() => process.app.close());

async function start(definition?: AlarmsDefinition) {
  process = await host(stores, definition);
  for (const id of ['a', 'b']) await process.execute(id, { type: 'Set', dueAt: NOW, now: NOW });
  await process.execute('a', { type: 'Ring', now: NOW });
}

async function verify() {
  const verifications = process.app.get(VerificationService);
  const { id } = await verifications.start();
  await until(async () => (await verifications.get(id)).state !== 'running');
  return verifications.get(id);
}

const NOTHING = { state: 'done', unsealed: 0, breaches: [], foreign: [] };

test('a log that is as it was written has no breach', async () => {
  await start();
  const position = (await stores.events.last(''))!.position;
  expect(await verify()).toMatchObject({ ...NOTHING, events: 3, streams: 2, position });
});

test('the streams of other categories are not verified', async () => {
  await start();
  await stores.events.append('notes-a', NO_STREAM, [{ ...ring, metadata: { ...OURS, hash: 'wrong' } }]);
  expect(await verify()).toMatchObject({ ...NOTHING, events: 3, streams: 2 });
});

test('a hash that does not fit its event is a breach', async () => {
  await start();
  await stores.events.append('alarms-a', 1, [{ ...ring, metadata: { ...OURS, hash: 'wrong' } }]);
  const what = expect.stringContaining('the hash at revision 2 does not fit revision 2 of alarms-a');
  expect(await verify()).toMatchObject({ ...NOTHING, breaches: [{ entityId: 'a', revision: 2, what }] });
});

test('what the audit of a stream finds is a breach there', async () => {
  // Counts the rings of one stream: a counter for all streams finds the ring of another one.
  const audit = () => {
    let events = 0;
    return ({ type }: { readonly type: string }, revision: number) =>
      type === 'Rang' && ++events > 1 ? [`it rang ${events} times by revision ${revision}`] : [];
  };
  await start({ ...ALARM_CLOCK, audit });
  await process.execute('b', { type: 'Ring', now: NOW });
  expect(await verify()).toMatchObject(NOTHING);
  await process.execute('a', { type: 'Set', dueAt: NOW, now: NOW });
  await process.execute('a', { type: 'Ring', now: NOW });
  const breach = { entityId: 'a', revision: 3, what: 'it rang 2 times by revision 3' };
  expect(await verify()).toMatchObject({ ...NOTHING, breaches: [breach] });
});

test('a stream that lacks events of the log is a breach', async () => {
  await start();
  stores.events.hideBefore('alarms-a', 1);
  const what = 'the stream lacks revision 0, which the log has';
  expect(await verify()).toMatchObject({ ...NOTHING, breaches: [{ entityId: 'a', revision: 0, what }] });
  stores.events.hideBefore('alarms-a', 2);
  const all = 'the stream lacks revisions 0 to 1, which the log has';
  expect(await verify()).toMatchObject({ ...NOTHING, breaches: [{ entityId: 'a', revision: 0, what: all }] });
});

test('a stream that was deleted is a breach', async () => {
  await start();
  stores.events.delete('alarms-b');
  const what = 'the stream of b was deleted on the server';
  expect(await verify()).toMatchObject({ ...NOTHING, breaches: [{ entityId: 'b', revision: 0, what }] });
});

test('limits by which the store drops events are a breach', async () => {
  await start();
  stores.events.limitsOf = async (stream) => (stream === 'alarms-b' ? '$maxCount 3' : undefined);
  const what = expect.stringContaining('the metadata of alarms-b let the store drop events: $maxCount 3.');
  expect(await verify()).toMatchObject({ ...NOTHING, breaches: [{ entityId: 'b', revision: 0, what }] });
});

describe('a record that cannot be read', () => {
  const listed = { stream: 'alarms-a', revision: 2, eventId: expect.any(String) };

  test('is a breach with the command that accepts it, and is listed', async () => {
    await start();
    await stores.events.append('alarms-a', 1, [recordOf('Stray'), recordOf('Stray')]);
    const { breaches, foreign, state } = await verify();
    expect(state).toBe('done');
    expect(foreign).toEqual([
      { ...listed, type: 'Stray', kind: 'foreign', reason: 'it is no alarm', isAccepted: false },
    ]);
    expect(breaches).toEqual([{ entityId: 'a', revision: 2, what: expect.any(String) }]);
    expect(breaches[0]!.what).toContain('tally ops accept-foreign alarms-a 2 --reason TEXT');
  });

  test('is listed without a breach once it is accepted', async () => {
    await start();
    await stores.events.append('alarms-a', 1, [recordOf('Stray')]);
    await process.app.get(ForeignRecordsService).accept('alarms-a', 2, 'a script wrote it', 'olga');
    expect(await verify()).toMatchObject({ ...NOTHING, foreign: [{ ...listed, kind: 'foreign', isAccepted: true }] });
  });

  test('of a later version is a breach that no command ends', async () => {
    await start();
    await stores.events.append('alarms-a', 1, [recordOf('Snoozed')]);
    const { breaches } = await verify();
    expect(breaches).toEqual([{ entityId: 'a', revision: 2, what: expect.stringContaining('Until then') }]);
    expect(breaches[0]!.what).not.toContain('accept-foreign');
  });

  test('at the beginning of a stream is no breach: the stream is of another program', async () => {
    await start();
    await stores.events.append('alarms-x', NO_STREAM, [
      { ...recordOf('Stray'), metadata: { ...OURS, hash: 'wrong' } },
      ring,
    ]);
    const foreign = [{ stream: 'alarms-x', revision: 0, kind: 'not-ours', isAccepted: false }];
    expect(await verify()).toMatchObject({ ...NOTHING, streams: 2, events: 5, foreign });
  });
});

test('a hundred breaches are listed', async () => {
  await start({ ...ALARM_CLOCK, audit: () => () => ['it is wrong'] });
  const events = Array.from({ length: 150 }, (_, at) => ({ ...ring, id: String(at) }));
  await stores.events.append('alarms-a', 1, events);
  expect((await verify()).breaches).toHaveLength(100);
});

test('a verification fails with the reason if the log cannot be read', async () => {
  await start();
  const { readLog } = stores.events;
  stores.events.readLog = (after, limit, prefix) =>
    limit === 2_000 ? Promise.reject(new Error('the disk is gone')) : readLog.call(stores.events, after, limit, prefix);
  expect(await verify()).toMatchObject({ state: 'failed', detail: 'the disk is gone' });
});
