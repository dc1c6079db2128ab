import { EventStoreDbEventStore, eventStoreDbAddress } from '@tallystick/adapters/eventstoredb';
import { eventStoreContract } from '@tallystick/eventing-testing';
import { TestServer } from '../../support/eventstoredb/server';

const servers: TestServer[] = [];
afterAll(() => Promise.all(servers.map((server) => server.stop())));

const onTestServer = async (options = {}) => {
  const server = await TestServer.start(options);
  servers.push(server);
  return EventStoreDbEventStore.open(eventStoreDbAddress(server.address));
};

eventStoreContract('EventStoreDB, by our test server,', () => onTestServer());
eventStoreContract('EventStoreDB, by our test server without batch appends,', () =>
  onTestServer({ batchAppend: false }),
);

eventStoreContract('EventStoreDB, by our test server with a real one’s timing and projections,', () =>
  onTestServer({ timing: 'real', projections: true }),
);

const real = process.env['EVENTSTORE_URL'];
if (real) eventStoreContract('EventStoreDB', () => EventStoreDbEventStore.open(eventStoreDbAddress(real)));
else test.skip('EventStoreDB keeps the contract of event stores (skipped: no EVENTSTORE_URL)', () => undefined);
