import {
  EventStoreDbEventStore,
  type EventStoreDbOptions,
  eventStoreDbAddress,
} from '@tallystick/adapters/eventstoredb';
import { type NewEvent } from '@tallystick/eventing';
import { anEvent } from '@tallystick/eventing-testing';
import { TestServer, type TestServerOptions } from './server';

export const PREFIX = 'credits-';
/** Short time-outs for tests. */
const SOON = { resubscribeMs: 500, electionMs: 300 };

export const someEvents = (count: number, data: unknown = {}): NewEvent[] =>
  Array.from({ length: count }, () => anEvent(data));

/** The servers and stores of a suite, closed together. */
export class StoreFixture {
  private readonly servers: TestServer[] = [];
  private readonly stores: EventStoreDbEventStore[] = [];

  async start(options: TestServerOptions = {}): Promise<TestServer> {
    const server = await TestServer.start(options);
    this.servers.push(server);
    return server;
  }

  open(server: TestServer, options: Partial<EventStoreDbOptions> = {}): Promise<EventStoreDbEventStore> {
    return this.openAt({ ...eventStoreDbAddress(server.address), prefixes: [PREFIX], ...options });
  }

  async openAt(options: EventStoreDbOptions): Promise<EventStoreDbEventStore> {
    const store = await EventStoreDbEventStore.open({ ...SOON, ...options });
    this.stores.push(store);
    return store;
  }

  async close(): Promise<void> {
    await Promise.all(this.stores.splice(0).map((store) => store.close()));
    await Promise.all(this.servers.splice(0).map((server) => server.stop()));
  }
}

/** The ids of the events in a stream of the server, in order. */
export const storedIn = (server: TestServer, stream: string): string[] =>
  server.log.events.filter((event) => event.stream === stream).map(({ id }) => id);
