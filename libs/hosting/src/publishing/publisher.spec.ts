import { InMemoryEventStore } from '@tallystick/eventing-testing';
import { LOG_START } from '@tallystick/eventing';
import { ALARM_CLOCK, recordOf, type AlarmsDefinition } from '../../support/alarms';
import { host, HostStores, until, ViewsOfFollower } from '../../support/host';
import { ForeignRecordsService } from '../quarantine/foreign-records.service';
import { PublisherCheckpoint } from './publisher-checkpoint';
import { Publisher } from './publisher';

const NOW = '2026-01-01T00:00:00.000Z';
const DUE = '2026-01-02T00:00:00.000Z';

let stores: HostStores;
const closing: (() => Promise<void>)[] = [];
beforeEach(() => void (stores = new HostStores()));
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function start(definition?: AlarmsDefinition) {
  const process = await host(stores, definition);
  closing.push(() => process.app.close());
  return {
    ...process,
    set: (id: string) => process.commands.execute(id, { type: 'Set', dueAt: DUE, now: NOW }),
    ring: (id: string) => process.commands.execute(id, { type: 'Ring', now: NOW }),
    publisher: process.app.get(Publisher),
    checkpoint: async () => (await process.app.get(PublisherCheckpoint).load()).checkpoint.position,
  };
}
const published = () => stores.bus.messages.map(({ headers }) => `${headers.stream} ${headers.revision}`);
const count = (messages: number) => until(() => stores.bus.messages.length === messages);

test('publishes each event once, in the order of the log, and saves how far it came', async () => {
  const { set, ring, checkpoint } = await start();
  await set('a');
  await set('b');
  await ring('a');
  await count(3);
  expect(published()).toEqual(['alarms-a 0', 'alarms-b 0', 'alarms-a 1']);
  const { position } = (await stores.events.last('alarms-'))!;
  await until(async () => (await checkpoint()) === position);
});

test('a message has the entity as its key, and says where its event is', async () => {
  const { set } = await start();
  await set('a');
  await count(1);
  const [{ topic, key, headers }] = stores.bus.messages as [(typeof stores.bus.messages)[number]];
  expect({ topic, key }).toEqual({ topic: 'alarms.events', key: 'a' });
  expect(headers).toEqual({ log: expect.any(String), stream: 'alarms-a', revision: '0', type: 'Set', schema: '1' });
  expect(stores.bus.values).toEqual([
    {
      entityId: 'a',
      stream: 'alarms-a',
      revision: 0,
      type: 'Set',
      data: { dueAt: DUE },
      metadata: expect.objectContaining({ schemaVersion: 1, occurredAt: NOW, recordedAt: NOW }),
    },
  ]);
});

test('the header "schema" is that of the published form', async () => {
  const toMessage: AlarmsDefinition['toMessage'] = ({ entityId }, stream) =>
    Object.assign({ metadata: { schemaVersion: 7 } }, { alarm: entityId, stream });
  const { set } = await start({ ...ALARM_CLOCK, toMessage });
  await set('a');
  await count(1);
  expect(stores.bus.values).toEqual([{ metadata: { schemaVersion: 7 }, alarm: 'a', stream: 'alarms-a' }]);
  expect(stores.bus.messages[0]!.headers.schema).toBe('7');
});

test('leaves out the events of other categories', async () => {
  const { set } = await start();
  await stores.events.append('notes-a', -1, [recordOf('Set', { schemaVersion: 1, occurredAt: NOW, recordedAt: NOW })]);
  await set('a');
  await count(1);
  expect(published()).toEqual(['alarms-a 0']);
});

test('events that the bus does not take are sent again, and the checkpoint stays before them', async () => {
  const { set, checkpoint } = await start();
  stores.bus.isDown = true;
  await set('a');
  await set('b');
  await until(() => stores.bus.attempts > 1);
  expect(await checkpoint()).toBe(LOG_START);
  stores.bus.isDown = false;
  await count(2);
  expect(published()).toEqual(['alarms-a 0', 'alarms-b 0']);
});

test('the next process goes on where the last one has stopped', async () => {
  const first = await start();
  await first.set('a');
  await count(1);
  await closing.pop()!();
  const second = await start();
  await second.ring('a');
  await count(2);
  expect(published()).toEqual(['alarms-a 0', 'alarms-a 1']);
});

test('an event whose checkpoint was not saved is sent twice: none is left out', async () => {
  const first = await start();
  const put = jest.spyOn(stores.records, 'put').mockRejectedValue(new Error('the record store does not answer'));
  await first.set('a');
  await count(1);
  await closing.pop()!();
  put.mockRestore();
  await start();
  await count(2);
  expect(published()).toEqual(['alarms-a 0', 'alarms-a 0']);
});

test('a log that is longer than a page is published whole', async () => {
  const metadata = { schemaVersion: 1, occurredAt: NOW, recordedAt: NOW };
  const events = Array.from({ length: 1_001 }, () => ({ ...recordOf('Set', metadata), data: { dueAt: DUE } }));
  await stores.events.append('alarms-a', -1, events);
  await start();
  await count(1_001);
  expect(new Set(published()).size).toBe(1_001);
});

test('a stream with a foreign record is held, and goes on with what stands for the record once it is accepted', async () => {
  const { set, app } = await start();
  await set('a');
  await stores.events.append('alarms-a', 0, [recordOf('Stray')]);
  await set('b');
  await count(2);
  expect(published()).toEqual(['alarms-a 0', 'alarms-b 0']);
  await app.get(ForeignRecordsService).accept('alarms-a', 1, 'a script wrote it', 'olga');
  await count(4);
  expect(published().slice(2)).toEqual(['alarms-a 1', 'alarms-a 2']);
  expect(stores.bus.values[2]).toMatchObject({ type: 'RecordSkipped', data: { reason: 'a script wrote it' } });
});

test('the position is known while this process publishes', async () => {
  const { set, publisher } = await start();
  await set('a');
  await count(1);
  const end = (await stores.events.last(''))!.position;
  await until(() => publisher.position === end);
  await publisher.stop();
  expect(publisher.position).toBeUndefined();
});

test('a follower publishes nothing', async () => {
  stores = new HostStores(new InMemoryEventStore(), new ViewsOfFollower());
  const readLog = jest.spyOn(PublisherCheckpoint.prototype, 'load');
  const { set, publisher } = await start();
  const atStart = readLog.mock.calls.length;
  await set('a');
  await new Promise(setImmediate);
  expect(readLog).toHaveBeenCalledTimes(atStart);
  expect(publisher.position).toBeUndefined();
  expect(published()).toEqual([]);
  readLog.mockRestore();
});
