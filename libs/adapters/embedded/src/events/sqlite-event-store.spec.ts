import { join } from 'node:path';
import { AmbiguousAppend, StoreUnavailable, StoreUnwritable } from '@tallystick/eventing';
import { anEvent, wholeLog } from '@tallystick/eventing-testing';
import { SqliteDatabase, DatabaseError, UncertainCommit } from '../sqlite/sqlite-database';
import { removeTemporaryDirectories, temporaryDirectory } from '../../support/directory';
import { SqliteEventStore } from './sqlite-event-store';

afterAll(removeTemporaryDirectories);
afterEach(() => jest.restoreAllMocks());

const events = (count: number) => Array.from({ length: count }, (_, i) => anEvent({ i, text: 'ß'.repeat(i % 50) }));

describe('A store of an older version', () => {
  it('keeps its snapshots and stores snapshots with an event id', async () => {
    const file = join(temporaryDirectory(), 'events.db');
    const database = await SqliteDatabase.open(file);
    await database.transaction([
      {
        sql: 'CREATE TABLE snapshots (stream TEXT PRIMARY KEY, revision INTEGER NOT NULL, schema_version INTEGER NOT NULL, state BLOB NOT NULL, hash TEXT NOT NULL)',
      },
      { sql: 'INSERT INTO snapshots VALUES (?, ?, ?, ?, ?)', params: ['a-1', 3, 1, Buffer.from('{}'), 'h'] },
    ]);
    await database.close();
    for (let opening = 0; opening < 2; opening++) {
      const store = await SqliteEventStore.open(file);
      expect(await store.loadSnapshot('a-1')).toEqual({ revision: 3, schemaVersion: 1, state: '{}', hash: 'h' });
      await store.close();
    }
    const store = await SqliteEventStore.open(file);
    const named = { revision: 4, schemaVersion: 1, state: '{}', hash: 'h', eventId: 'e4', head: 'h4' };
    await store.saveSnapshot('a-1', named);
    expect(await store.loadSnapshot('a-1')).toEqual(named);
    await store.close();
  });
});

test('the last event of some streams is searched in the whole log once, then among newer events only', async () => {
  const file = join(temporaryDirectory(), 'events.db');
  let store = await SqliteEventStore.open(file, { rowBytes: 500 });
  await store.append('b-1', -1, events(1));
  for (let i = 0; i < 20; i++) await store.append('a-1', i * 5 - 1, events(5));
  await store.close();
  store = await SqliteEventStore.open(file, { recent: { events: 4, bytes: 1_000_000 }, rowBytes: 500 });
  const read = jest.spyOn(SqliteDatabase.prototype, 'read');
  const last = async (prefix: string) => {
    read.mockClear();
    const event = await store.last(prefix);
    return [event?.stream, event?.revision, read.mock.calls.length];
  };
  expect((await last('b-')).slice(0, 2)).toEqual(['b-1', 0]);
  expect((await last('c-')).slice(0, 2)).toEqual([undefined, undefined]);
  expect(await last('b-')).toEqual(['b-1', 0, 0]);
  expect(await last('c-')).toEqual([undefined, undefined, 0]);
  // These are no longer in memory when they are searched for.
  await store.append('c-1', -1, events(1));
  for (let i = 0; i < 10; i++) await store.append('a-2', i - 1, events(1));
  expect(await last('c-')).toEqual(['c-1', 0, expect.any(Number)]);
  expect(await last('b-')).toEqual(['b-1', 0, expect.any(Number)]);
  expect(await last('c-')).toEqual(['c-1', 0, 0]);
  await store.append('b-1', 0, events(1));
  expect(await last('b-')).toEqual(['b-1', 1, 0]);
  await store.close();
});

describe('A reopened store', () => {
  it.each([
    ['whose index was written on closing', {}],
    ['whose index was written in between', { unindexed: { runs: 3, bytes: 1000 }, rowBytes: 500 }],
  ])('%s finds every stream and continues it', async (_, options) => {
    const file = join(temporaryDirectory(), 'events.db');
    let store = await SqliteEventStore.open(file, options);
    for (let round = 0; round < 20; round++)
      await Promise.all([0, 1, 2, 3].map((s) => store.append(`a-${s}`, round * 5 - 1, events(5))));
    const before = await wholeLog(store);
    await store.close();
    store = await SqliteEventStore.open(file, options);
    expect(await wholeLog(store)).toEqual(before);
    expect((await store.read('a-2', 37, 21)).map(({ revision }) => revision)).toEqual(
      Array.from({ length: 21 }, (_, i) => 37 + i),
    );
    expect(await store.append('a-2', 99, events(1))).toBe(100);
    await store.close();
  });

  it('rebuilds index entries that a crash prevented, also if half of them were written', async () => {
    const file = join(temporaryDirectory(), 'events.db');
    let store = await SqliteEventStore.open(file);
    for (let round = 0; round < 200; round++)
      await Promise.all(['a-1', 'b-1'].map((stream) => store.append(stream, round - 1, events(1))));
    const real = SqliteDatabase.prototype.transaction;
    jest.spyOn(SqliteDatabase.prototype, 'transaction').mockImplementation(function (
      this: SqliteDatabase,
      statements,
      transfer,
    ) {
      const cut = statements.some(({ sql }) => sql.includes('indexed_through'));
      return cut ? Promise.reject(new DatabaseError('cut')) : real.call(this, statements, transfer);
    });
    await store.close();
    jest.restoreAllMocks();
    store = await SqliteEventStore.open(file);
    for (const from of [0, 63, 64, 150, 199]) {
      expect((await store.read('b-1', from, 1000)).map(({ revision }) => revision)).toEqual(
        Array.from({ length: 200 - from }, (_, i) => from + i),
      );
    }
    await store.close();
  });
});

describe('When a commit fails', () => {
  it.each([
    ['with a known outcome', StoreUnwritable, StoreUnwritable, StoreUnwritable],
    ['with an unknown outcome', UncertainCommit, AmbiguousAppend, StoreUnavailable],
  ])(
    '%s, all its appends are rejected, and the store continues from the stored events',
    async (_, failure, expected, later) => {
      const store = await SqliteEventStore.open(join(temporaryDirectory(), 'events.db'));
      await store.append('a-1', -1, events(2));
      await store.read('a-2', 0, 1);
      const full = () =>
        new Promise<never>((_, reject) => setTimeout(() => reject(new failure('The disk is full.')), 20));
      jest.spyOn(SqliteDatabase.prototype, 'transaction').mockImplementationOnce(full);
      const first = [
        store.append('a-1', 1, events(1)),
        store.append('a-1', 2, events(1)),
        store.append('a-2', -1, events(1)),
      ];
      await new Promise((resolve) => setImmediate(resolve));
      const behind = store.append('a-1', 3, events(1));
      const results = await Promise.allSettled([...first, behind]);
      expect(results.map((result) => result.status === 'rejected' && result.reason.constructor)).toEqual([
        expected,
        expected,
        expected,
        later,
      ]);
      expect(await store.append('a-1', 1, events(1))).toBe(2);
      expect(await store.append('a-2', -1, events(1))).toBe(0);
      expect((await wholeLog(store)).map(({ position }) => position)).toEqual([0, 1, 2, 3]);
      await store.close();
    },
  );

  it('a closed store rejects appends and reads', async () => {
    const store = await SqliteEventStore.open(join(temporaryDirectory(), 'events.db'));
    await store.close();
    await expect(store.append('a-1', -1, events(1))).rejects.toBeInstanceOf(StoreUnavailable);
    await expect(store.read('a-1', 0, 1)).rejects.toBeInstanceOf(StoreUnavailable);
  });
});
