import { join } from 'node:path';
import { eventStoreContract } from '@tallystick/eventing-testing';
import { removeTemporaryDirectories, temporaryDirectory } from '../../support/directory';
import { SqliteEventStore } from './sqlite-event-store';

afterAll(removeTemporaryDirectories);

const open = (options = {}) => SqliteEventStore.open(join(temporaryDirectory(), 'events.db'), options);

eventStoreContract('SQLite', () => open());
// Caches of minimal size: every read uses the log, every revision the index.
eventStoreContract('SQLite with minimal caches', () =>
  open({ liveStreams: 2, recent: { events: 1, bytes: 1 }, unindexed: { runs: 1, bytes: 1 }, rowBytes: 64 }),
);
