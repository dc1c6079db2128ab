import { cpSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { StoreUnavailable } from '@tallystick/eventing';
import { removeTemporaryDirectories, temporaryDirectory } from '../../support/directory';
import { SqliteDatabase } from './sqlite-database';

afterAll(removeTemporaryDirectories);

const isNoSocket = (path: string): boolean => !path.endsWith('.sock');

const noticed = async (database: SqliteDatabase): Promise<void> => {
  const end = Date.now() + 20_000;
  while (database.fault === undefined) {
    if (Date.now() > end) throw new Error('The loss was not detected.');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
};

describe('A database whose file is lost while it is open', () => {
  let file: string;
  let database: SqliteDatabase;
  beforeEach(async () => {
    file = join(temporaryDirectory(), 'data', 'some.db');
    database = await SqliteDatabase.open(file);
    await database.transaction([{ sql: 'CREATE TABLE words (word TEXT)' }]);
  });
  afterEach(() => database.close());
  const write = () => database.transaction([{ sql: `INSERT INTO words VALUES ('a')` }]);

  it.each<[string, () => void]>([
    ['its directory was deleted', () => rmSync(dirname(file), { recursive: true })],
    ['its directory was renamed', () => renameSync(dirname(file), `${dirname(file)}.old`)],
    ['its write-ahead log was deleted', () => rmSync(`${file}-wal`)],
    [
      'its directory was replaced by a copy',
      () => {
        cpSync(dirname(file), `${dirname(file)}.copy`, { recursive: true, filter: isNoSocket });
        renameSync(dirname(file), `${dirname(file)}.old`);
        renameSync(`${dirname(file)}.copy`, dirname(file));
      },
    ],
  ])('%s: acknowledges no further write and reports the loss', async (_, lose) => {
    await write();
    lose();
    await expect(write()).rejects.toThrow(/deleted, moved or unmounted/);
    await expect(write()).rejects.toBeInstanceOf(StoreUnavailable);
    await expect(database.read('SELECT * FROM words')).rejects.toBeInstanceOf(StoreUnavailable);
  });

  it('detects the loss without a write', async () => {
    renameSync(dirname(file), `${dirname(file)}.old`);
    await noticed(database);
    expect(database.fault).toContain('restarted');
  });

  it('leaves the lock of another process in the new directory alone', async () => {
    rmSync(dirname(file), { recursive: true });
    mkdirSync(dirname(file));
    const lock = join(dirname(file), 'tallystick.lock');
    writeFileSync(lock, JSON.stringify({ pid: process.ppid, started: '' }));
    await noticed(database);
    await database.close();
    expect(() => rmSync(lock)).not.toThrow();
  });
});
