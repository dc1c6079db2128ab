import { join } from 'node:path';
import { recordStoreContract } from '@tallystick/eventing';
import { removeTemporaryDirectories, temporaryDirectory } from '../testing/directory';
import { SqliteRecordStore } from './sqlite-record-store';

afterAll(removeTemporaryDirectories);

recordStoreContract('SQLite', () => SqliteRecordStore.open(join(temporaryDirectory(), 'records.db')));
