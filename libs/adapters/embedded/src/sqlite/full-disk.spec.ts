import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { StoreUnwritable } from '@tallystick/eventing';
import { anEvent } from '@tallystick/eventing-testing';
import { EmbeddedBus } from '../bus/embedded-bus';
import { SqliteEventStore } from '../events/sqlite-event-store';
import { SqliteRecordStore } from '../records/sqlite-record-store';
import { removeTemporaryDirectories, temporaryDirectory } from '../../support/directory';
import { withSmallDisk } from '../../support/small-disk';
import { SqliteDatabase } from './sqlite-database';

beforeAll(() => Logger.overrideLogger(false));
afterAll(removeTemporaryDirectories);

const CREATE = { sql: 'CREATE TABLE words (word TEXT PRIMARY KEY)' };
const insert = (word: string) => ({ sql: 'INSERT INTO words VALUES (?)', params: [word] });

describe('A database without space', () => {
  const full = async () => {
    const said = jest.spyOn(Logger.prototype, 'error');
    said.mockClear();
    const database = await SqliteDatabase.open(join(temporaryDirectory(), 'some.db'));
    await database.transaction([CREATE, insert('before')]);
    const [row] = await database.read('PRAGMA page_count');
    await database.read(`PRAGMA max_page_count = ${row!['page_count'] as number}`);
    return { database, said };
  };
  const big = (letter: string) => insert(letter.repeat(100_000));

  it('fails with a known outcome, logs it once and reports it as unhealthy', async () => {
    const { database, said } = await full();
    for (const letter of ['x', 'y', 'z'])
      await expect(database.transaction([big(letter)])).rejects.toBeInstanceOf(StoreUnwritable);
    expect(said.mock.calls).toHaveLength(1);
    expect(said.mock.calls[0]![0]).toMatch(/^The database \/.* cannot be written: .*full\. Nothing is stored/);
    expect(await database.read('SELECT word FROM words')).toEqual([{ word: 'before' }]);
    await database.close();
  });

  it('is healthy as soon as there is space, without a write', async () => {
    const { database } = await full();
    await expect(database.transaction([big('x')])).rejects.toThrow('cannot be written');
    await database.read('PRAGMA max_page_count = 1000000');
    expect(await database.health()).toEqual({ fault: undefined });
    await database.transaction([big('x')]);
    await database.close();
  });
});

withSmallDisk('Each store on a full disk', (disk) => {
  const stores: readonly [
    string,
    (file: string) => Promise<{ write: () => Promise<unknown>; close: () => Promise<void> }>,
  ][] = [
    [
      'events',
      async (file) => {
        const store = await SqliteEventStore.open(file);
        let revision = -1;
        const write = async () =>
          (revision = await store.append('a-1', revision, [anEvent({ text: 'x'.repeat(20_000) })]));
        return { write, close: () => store.close() };
      },
    ],
    [
      'records',
      async (file) => {
        const store = await SqliteRecordStore.open(file);
        let next = 0;
        const write = () => store.put('c', [{ key: `${next++}`, value: 'x'.repeat(20_000) }]);
        return { write, close: () => store.close() };
      },
    ],
    [
      'bus',
      async (file) => {
        const bus = await EmbeddedBus.open(file);
        const write = () => bus.publish('t', [{ key: 'k', value: Buffer.alloc(20_000), headers: {} }]);
        return { write, close: () => bus.close() };
      },
    ],
  ];

  it.each(stores)(
    '%s: writes fail immediately with a known outcome, and succeed when there is space',
    async (_, open) => {
      const file = disk.file('some.db');
      const store = await open(file);
      await store.write();
      disk.fill();
      for (let i = 0; i < 3; i++) {
        const began = performance.now();
        await expect(store.write()).rejects.toBeInstanceOf(StoreUnwritable);
        expect(performance.now() - began).toBeLessThan(1_000);
      }
      disk.makeRoom();
      await store.write();
      await store.close();
      rmSync(file);
    },
  );

  it('a commit that failed is not found by a later start, not even after the process was killed', async () => {
    const file = disk.file('some.db');
    const database = await SqliteDatabase.open(file);
    await database.transaction([CREATE, insert('before')]);
    disk.fill();
    await expect(database.transaction([insert('never')])).rejects.toBeInstanceOf(StoreUnwritable);
    disk.makeRoom();
    // Copies the files as a killed process would leave them.
    const copy = join(temporaryDirectory(), 'some.db');
    for (const end of ['', '-wal']) disk.copy(file + end, copy + end);
    const next = await SqliteDatabase.open(copy);
    expect(await next.read('SELECT word FROM words')).toEqual([{ word: 'before' }]);
    await next.close();
    await database.close();
  });
});
