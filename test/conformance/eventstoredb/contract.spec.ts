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

eventStoreContract('EventStoreDB (test server)', () => onTestServer());
eventStoreContract('EventStoreDB (test server without batch appends)', () => onTestServer({ batchAppend: false }));

eventStoreContract('EventStoreDB (test server with real timing and projections)', () =>
  onTestServer({ timing: 'real', projections: true }),
);

const real = process.env['EVENTSTORE_URL'];
if (real) eventStoreContract('EventStoreDB', () => EventStoreDbEventStore.open(eventStoreDbAddress(real)));
else test.skip('EventStoreDB passes the contract of event stores (skipped: no EVENTSTORE_URL)', () => undefined);
