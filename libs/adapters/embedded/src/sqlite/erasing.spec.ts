import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { SqliteRecordStore } from '../records/sqlite-record-store';
import { removeTemporaryDirectories, temporaryDirectory } from '../../support/directory';

afterAll(removeTemporaryDirectories);

describe('A deleted record', () => {
  it('is erased from the file and its write-ahead log within seconds', async () => {
    const file = join(temporaryDirectory(), 'records.db');
    const records = await SqliteRecordStore.open(file);
    const secret = 'a-reference-that-is-to-be-forgotten';
    const isThere = () => [file, `${file}-wal`].some((path) => readFileSync(path).includes(secret));
    await records.put('details', [{ key: 'job', value: { reference: secret } }]);
    expect(isThere()).toBe(true);
    await records.remove('details', ['job']);
    const end = Date.now() + 10_000;
    while (isThere()) {
      if (Date.now() > end) throw new Error('It is still there.');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(statSync(`${file}-wal`).size).toBe(0);
    await records.close();
  });

  it('and so are replaced and expired records', async () => {
    const file = join(temporaryDirectory(), 'records.db');
    const records = await SqliteRecordStore.open(file);
    const isThere = (text: string) => [file, `${file}-wal`].some((path) => readFileSync(path).includes(text));
    await records.put('names', [
      { key: 'a', value: 'the-former-name' },
      { key: 'b', value: 'expired-name', expiresAt: 1 },
    ]);
    await records.put('names', [{ key: 'a', value: 'the-present-name' }]);
    await records.purge(2);
    const end = Date.now() + 10_000;
    while (isThere('the-former-name') || isThere('expired-name')) {
      if (Date.now() > end) throw new Error('It is still there.');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(isThere('the-present-name')).toBe(true);
    await records.close();
  });
});
