import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { removeTemporaryDirectories, temporaryDirectory } from '../../support/directory';
import { SqliteDatabase, DatabaseError } from './sqlite-database';

afterAll(removeTemporaryDirectories);

describe('A database', () => {
  let database: SqliteDatabase;
  beforeEach(async () => {
    database = await SqliteDatabase.open(join(temporaryDirectory(), 'some.db'), { checkpointBytes: 100_000 });
    await database.transaction([{ sql: 'CREATE TABLE words (word TEXT PRIMARY KEY)' }]);
  });
  afterEach(() => database.close());

  const insert = (word: string | Uint8Array | null) => ({
    sql: 'INSERT INTO words VALUES (?)',
    params: [word],
  });
  const words = async () => (await database.read('SELECT word FROM words ORDER BY word')).map(({ word }) => word);

  it('rolls back a failed transaction without the others of its commit', async () => {
    const results = await Promise.allSettled([
      database.transaction([insert('a')]),
      database.transaction([insert('b'), insert('a')]),
      database.transaction([insert('c')]),
      database.transaction([{ sql: 'no sql', params: [] }]),
      database.transaction([insert('d')]),
    ]);
    expect(results.map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
      'rejected',
      'fulfilled',
    ]);
    expect(await words()).toEqual(['a', 'c', 'd']);
  });

  it('describes the SQLite engine: the built-in one of Node, if available', () => {
    const { sqlite } = process.versions;
    expect(database.description).toMatch(
      sqlite === undefined ? /^SQLite 3\.\d+\.\d+ \(node-sqlite3-wasm\)$/ : `SQLite ${sqlite} (node:sqlite)`,
    );
  });

  it('can use a statement again that has failed', async () => {
    await database.transaction([insert('a')]);
    await expect(database.transaction([insert('a')])).rejects.toBeInstanceOf(DatabaseError);
    await database.transaction([insert('b')]);
    expect(await words()).toEqual(['a', 'b']);
  });

  it('rejects writes without space, keeps its data, and continues when there is space', async () => {
    await database.transaction([insert('before')]);
    const [row] = await database.read('PRAGMA page_count');
    await database.read(`PRAGMA max_page_count = ${row!['page_count'] as number}`);
    const attempt = Promise.allSettled(
      ['x', 'y'].map((letter) => database.transaction([insert(letter.repeat(1_000_000))])),
    );
    for (const result of await attempt) {
      expect(result).toMatchObject({
        status: 'rejected',
        reason: { message: expect.stringContaining('database or disk is full') },
      });
    }
    expect(await words()).toEqual(['before']);
    await database.read('PRAGMA max_page_count = 1000000');
    await database.transaction([insert('later')]);
    expect(await words()).toEqual(['before', 'later']);
  });

  it('is durable: syncs the write-ahead log at every commit', async () => {
    expect(await database.read('PRAGMA journal_mode')).toEqual([{ journal_mode: 'wal' }]);
    expect(await database.read('PRAGMA synchronous')).toEqual([{ synchronous: 2 }]);
  });

  it('rejects requests after it was closed, and can be closed twice', async () => {
    await database.close();
    await expect(words()).rejects.toThrow('is closed');
    await database.close();
  });
});

it('A file that is not a database is refused with its name', async () => {
  const file = join(temporaryDirectory(), 'other.db');
  writeFileSync(file, 'something else '.repeat(1000));
  await expect(SqliteDatabase.open(file)).rejects.toThrow(
    `The database ${file} is damaged: file is not a database. Restore it from a backup.`,
  );
});
