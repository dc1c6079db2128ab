import { ANY, EventStoreDBClient, jsonEvent } from '@eventstore/db-client';
import type { EventStoreDbEventStore } from '@tallystick/adapters/eventstoredb';
import { NO_STREAM, type Snapshot, StreamDeleted } from '@tallystick/eventing';
import { StoreFixture, someEvents } from '../../support/eventstoredb/store-fixture';
import type { TestServer } from '../../support/eventstoredb/server';

const bench = new StoreFixture();
let server: TestServer;
let store: EventStoreDbEventStore;
let operator: EventStoreDBClient;
let streams = 0;
beforeAll(async () => {
  server = await bench.start();
  store = await bench.open(server);
  operator = EventStoreDBClient.connectionString(server.address);
});
afterAll(async () => {
  await bench.close();
  await operator.dispose();
});

/** Changes that an operator can make to a stream with the revisions 0 to 4. */
const DEEDS = {
  nothing: async () => undefined,
  $maxCount: async (stream: string) => operator.setStreamMetadata(stream, { maxCount: 2 }),
  $tb: async (stream: string) => operator.setStreamMetadata(stream, { truncateBefore: 3 }),
  '$tb of all': async (stream: string) => operator.setStreamMetadata(stream, { truncateBefore: 5 }),
  '$tb beyond the end': async (stream: string) => operator.setStreamMetadata(stream, { truncateBefore: 99 }),
  '$maxAge that has passed': async (stream: string) => {
    await operator.setStreamMetadata(stream, { maxAge: 1 });
    // Events that were stored before are older now.
    server.clock.offsetMs += 2_000;
  },
  'soft deletion': async (stream: string) => operator.deleteStream(stream),
  tombstone: async (stream: string) => operator.tombstoneStream(stream),
  'soft deletion, and a new stream in its place': async (stream: string) => {
    await operator.deleteStream(stream);
    await operator.appendToStream(stream, jsonEvent({ type: 'New', data: {} }), { expectedRevision: ANY });
  },
  'metadata that is not JSON': async (stream: string) =>
    server.log.append(`$$${stream}`, 'any', [
      {
        id: '00000000-0000-4000-8000-0000000000aa',
        type: '$metadata',
        contentType: 'application/octet-stream',
        data: Buffer.from('junk'),
        metadata: Buffer.alloc(0),
      },
    ]),
};
const DELETED = 'was deleted on the server';
const hiddenFrom = (revision: number) => `exists, but the store hides its events from revision ${revision} on`;

const outcomeOf = async (stream: string, from: number): Promise<unknown> => {
  try {
    return (await store.read(stream, from, 10)).map(({ revision }) => revision);
  } catch (error) {
    return (error as Error).message.replace(`Stream ${stream} `, '').replace(/\.$/, '');
  }
};

type ReadRevisions = number[] | string;
it.each<[keyof typeof DEEDS, ReadRevisions, ReadRevisions, ReadRevisions, ReadRevisions]>([
  // From revision            0                3                5 (the end)      99
  ['nothing', [0, 1, 2, 3, 4], [3, 4], [], []],
  ['metadata that is not JSON', [0, 1, 2, 3, 4], [3, 4], [], []],
  ['$maxCount', [3, 4], [3, 4], [], []],
  ['$tb', [3, 4], [3, 4], [], []],
  ['$tb of all', hiddenFrom(0), hiddenFrom(3), hiddenFrom(5), hiddenFrom(99)],
  ['$tb beyond the end', hiddenFrom(0), hiddenFrom(3), hiddenFrom(5), hiddenFrom(99)],
  ['$maxAge that has passed', hiddenFrom(0), hiddenFrom(3), hiddenFrom(5), hiddenFrom(99)],
  ['soft deletion', DELETED, DELETED, DELETED, DELETED],
  ['tombstone', DELETED, DELETED, DELETED, DELETED],
  ['soft deletion, and a new stream in its place', [5], [5], [5], []],
])('After %s a read distinguishes visible, hidden and deleted events', async (deed, ...expected) => {
  const stream = `credits-hidden-${++streams}`;
  await store.append(stream, NO_STREAM, someEvents(5));
  await DEEDS[deed](stream);
  const seen = [];
  for (const from of [0, 3, 5, 99]) seen.push(await outcomeOf(stream, from));
  expect(seen).toEqual(expected);
});

describe('A stream without events', () => {
  it.each([
    ['never was', async () => undefined],
    ['has metadata only', async (stream: string) => operator.setStreamMetadata(stream, { maxCount: 3 })],
  ])('that %s is empty', async (_, deed) => {
    const stream = `credits-hidden-${++streams}`;
    await deed(stream);
    expect([await outcomeOf(stream, 0), await outcomeOf(stream, 7)]).toEqual([[], []]);
  });

  it('needs one more small read; a read at the end of a stream needs none', async () => {
    const stream = `credits-hidden-${++streams}`;
    const readsOf = async (from: number) => {
      server.calls.length = 0;
      await store.read(stream, from, 10);
      return server.calls.map((call) => call.stream);
    };
    expect(await readsOf(0)).toEqual([stream, `$$${stream}`]);
    await store.append(stream, NO_STREAM, someEvents(2));
    expect(await readsOf(2)).toEqual([stream]);
    expect(await readsOf(0)).toEqual([stream]);
  });
});

test('An append to a tombstoned stream is refused as such; an append to a soft-deleted stream returns its revision', async () => {
  const [tombstoned, deleted] = [`credits-hidden-${++streams}`, `credits-hidden-${++streams}`];
  for (const stream of [tombstoned, deleted]) await store.append(stream, NO_STREAM, someEvents(5));
  await DEEDS.tombstone(tombstoned);
  await DEEDS['soft deletion'](deleted);
  await expect(store.append(tombstoned, 4, someEvents(1))).rejects.toBeInstanceOf(StreamDeleted);
  await expect(store.append(deleted, NO_STREAM, someEvents(2))).rejects.toThrow(/lacks revisions 0 to 4\.$/);
});

test('A snapshot whose stream was deleted is not loaded', async () => {
  const snapshot: Snapshot = { revision: 1, schemaVersion: 1, state: '{}', hash: 'h' };
  for (const deed of ['soft deletion', 'tombstone'] as const) {
    const stream = `credits-hidden-${++streams}`;
    await store.saveSnapshot(stream, snapshot);
    await DEEDS[deed](`snapshot-${stream}`);
    expect(await store.loadSnapshot(stream)).toBeUndefined();
  }
});
