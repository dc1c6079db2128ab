import { join } from 'node:path';
import { eventStoreContract } from '@tallystick/eventing-testing';
import { removeTemporaryDirectories, temporaryDirectory } from '../../support/directory';
import { SqliteEventStore } from './sqlite-event-store';

afterAll(removeTemporaryDirectories);

const open = (options = {}) => SqliteEventStore.open(join(temporaryDirectory(), 'events.db'), options);

eventStoreContract('SQLite', () => open());
// Nothing stays in memory: every read goes to the log, every revision to the index.
eventStoreContract('SQLite with hardly any memory', () =>
  open({ liveStreams: 2, recent: { events: 1, bytes: 1 }, unindexed: { runs: 1, bytes: 1 }, rowBytes: 64 }),
);
