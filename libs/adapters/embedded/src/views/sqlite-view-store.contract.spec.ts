import { join } from 'node:path';
import { viewStoreContract } from '@tallystick/eventing';
import { removeTemporaryDirectories, temporaryDirectory } from '../testing/directory';
import { SqliteViewStore } from './sqlite-view-store';

afterAll(removeTemporaryDirectories);

viewStoreContract('SQLite', () => SqliteViewStore.open(join(temporaryDirectory(), 'views.db')));
