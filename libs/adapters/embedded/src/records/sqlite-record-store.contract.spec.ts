import { join } from 'node:path';
import { recordStoreContract } from '@tallystick/eventing-testing';
import { removeTemporaryDirectories, temporaryDirectory } from '../../support/directory';
import { SqliteRecordStore } from './sqlite-record-store';

afterAll(removeTemporaryDirectories);

recordStoreContract('SQLite', () => SqliteRecordStore.open(join(temporaryDirectory(), 'records.db')));
