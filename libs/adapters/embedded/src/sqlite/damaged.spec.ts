import { copyFileSync, existsSync, readdirSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Logger } from '@nestjs/common';
import { StoreUnavailable } from '@tallystick/eventing';
import { DAMAGES } from '../../support/damage';
import { removeTemporaryDirectories, temporaryDirectory } from '../../support/directory';
import { DatabaseDamaged } from './damaged';
import { SqliteDatabase, type DatabaseOptions } from './sqlite-database';

beforeAll(() => Logger.overrideLogger(false));
afterAll(removeTemporaryDirectories);

const ROW = { sql: 'INSERT INTO words VALUES (?)', params: ['a'.repeat(500)] };

/** Copies a closed database file of some pages, which is created once. */
let template: string | undefined;
async function written(): Promise<string> {
  const file = join(temporaryDirectory(), 'some.db');
  if (template === undefined) {
    const database = await SqliteDatabase.open(file);
    const rows = Array.from({ length: 300 }, () => ROW);
    await database.transaction([{ sql: 'CREATE TABLE words (word TEXT)' }, ...rows]);
    await database.close();
    template = file;
    return written();
  }
  copyFileSync(template, file);
  return file;
}

const asideIn = (file: string): string[] =>
  readdirSync(dirname(file))
    .filter((name) => name.includes('.damaged-'))
    .map((name) => name.replace(/-\d+T\d+Z/, ''))
    .sort();

describe('A damaged database', () => {
  it.each(Object.keys(DAMAGES))('%s: is refused with an error that includes the next step', async (kind) => {
    const file = await written();
    DAMAGES[kind]!(file);
    const opening = SqliteDatabase.open(file, { ifDamaged: 'Do this next.' });
    await expect(opening).rejects.toBeInstanceOf(DatabaseDamaged);
    await expect(opening).rejects.toThrow(/^The database \/.*some\.db is damaged: [^\n]+\. Do this next\.$/);
    expect(asideIn(file)).toEqual([]);
  });

  it('is renamed and replaced by a new one if setsAside is set', async () => {
    const file = await written();
    DAMAGES['zeros in its middle']!(file);
    const database = await SqliteDatabase.open(file, { setsAside: true });
    expect(await database.read("SELECT 1 FROM sqlite_master WHERE name = 'words'")).toEqual([]);
    await database.close();
    expect(asideIn(file)).toEqual(['some.db.damaged']);
  });

  it('that is empty, with a write-ahead log that is not, is renamed together with the log', async () => {
    const file = join(temporaryDirectory(), 'some.db');
    writeFileSync(file, '');
    writeFileSync(`${file}-wal`, 'what the file had');
    await expect(SqliteDatabase.open(file)).rejects.toThrow('write-ahead log');
    await (await SqliteDatabase.open(file, { setsAside: true })).close();
    expect(asideIn(file)).toEqual(['some.db.damaged', 'some.db.damaged-wal']);
  });

  it('an empty file is a new database', async () => {
    const file = join(temporaryDirectory(), 'some.db');
    writeFileSync(file, '');
    await (await SqliteDatabase.open(file)).close();
  });
});

describe('Damage that is found while the database is open', () => {
  const damaged = async (options: DatabaseOptions) => {
    const said = jest.spyOn(Logger.prototype, 'error');
    said.mockClear();
    const file = await written();
    // Only the pages that the start has checked are in memory, which are not all.
    const database = await SqliteDatabase.open(file, { cacheBytes: 8_192, ...options });
    truncateSync(file, 3 * 8_192);
    await expect(database.read('SELECT sum(length(word)) FROM words')).rejects.toThrow('is damaged');
    return { file, database, said };
  };

  it('stops the database: one log entry, and the same error for all later requests', async () => {
    const { database, said } = await damaged({ ifDamaged: 'Do this next.' });
    for (const asked of [database.read('SELECT 1'), database.transaction([ROW])])
      await expect(asked).rejects.toBeInstanceOf(StoreUnavailable);
    expect((await database.health()).fault).toMatch(/is damaged: .*\. Do this next\.$/);
    expect(said.mock.calls.map(([message]) => message)).toEqual([database.fault]);
    await database.close();
  });

  it('renames the file immediately, so that the next start does not find it', async () => {
    const { file, database } = await damaged({ setsAside: true });
    while (existsSync(file)) await new Promise((resolve) => setTimeout(resolve, 5));
    await database.close();
    const next = await SqliteDatabase.open(file);
    expect(await next.read('PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }]);
    await next.close();
  });
});
