import { join } from 'node:path';
import { viewStoreContract } from '@tallystick/eventing-testing';
import { removeTemporaryDirectories, temporaryDirectory } from '../../support/directory';
import { SqliteViewStore } from './sqlite-view-store';

afterAll(removeTemporaryDirectories);

viewStoreContract('SQLite', () => SqliteViewStore.open(join(temporaryDirectory(), 'views.db')));
