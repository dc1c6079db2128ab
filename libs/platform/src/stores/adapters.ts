import { join } from 'node:path';
import type { CustomTransportStrategy } from '@nestjs/microservices';
import { DAY } from '@tallystick/contracts/http';
import type { Bus, EventStore, RecordStore, ViewStore } from '@tallystick/eventing';
import { type Activity, consumerGroupOf, isHere, type ServiceDefinition, streamPrefixOf } from '@tallystick/hosting';
import type { Configuration } from '../configuration';
import { subscriptionRefusals } from '../telemetry';
import { topicsOf } from './topics';
import { Waiting } from './waiting';

/** The receiving side of the bus for one service. `ready`: messages are delivered and processed. On this machine it knows whether it is idle. */
export type Consumers = CustomTransportStrategy & { readonly ready: boolean } & Partial<Activity>;

/** The adapters that a process uses, by port. */
export interface Adapters {
  /** Only where a service of the process keeps streams and views. */
  readonly streams?: { readonly events: EventStore; readonly views: ViewStore };
  readonly records: RecordStore;
  readonly bus: Bus;
  /** The consumers of one service are one group, in all processes that run the service. */
  readonly consumersOf: (service: ServiceDefinition) => Consumers;
  close(): Promise<void>;
}

export type OpenAdapters = (configuration: Configuration, services: readonly ServiceDefinition[]) => Promise<Adapters>;

interface OpenedBus {
  readonly bus: Bus;
  readonly consumersOf: Adapters['consumersOf'];
  close(): Promise<void>;
}

interface Closable {
  close(): Promise<void>;
}

/** Event store, view store, record store and bus, as their settings say. */
export const allAdapters: OpenAdapters = async (configuration, services) => {
  const waiting = new Waiting(configuration.startWaitSeconds);
  const [events, views, records, bus] = await allOpen(waiting, [
    waiting.for('event store', () => openEventStore(configuration, services)),
    waiting.for('view store', () => openViewStore(configuration)),
    waiting.for('record store', () => openRecordStore(configuration)),
    waiting.for('bus', () => openBus(configuration, services)),
  ]);
  return { ...bus, streams: { events, views }, records, close: closeAll(bus, views, records, events) };
};

/** Record store and bus, for a process whose services keep no streams and views. */
export const storeAndBusAdapters: OpenAdapters = async (configuration, services) => {
  const waiting = new Waiting(configuration.startWaitSeconds);
  const [records, bus] = await allOpen(waiting, [
    waiting.for('record store', () => openRecordStore(configuration)),
    waiting.for('bus', () => openBus(configuration, services)),
  ]);
  return { ...bus, records, close: closeAll(bus, records) };
};

/** The operator's next step. Views are rebuilt automatically. */
const IF_DAMAGED = {
  events: 'Restore all files of the data directory from one backup, then run tally verify.',
  records:
    'Restore it from the backup of the same moment as events.db; or start with --new-records, which sets it aside: all keys, names of organizations and projects, and job details are then lost.',
  bus: 'Restore it from the backup of the same moment as events.db; or move it away and start again: events that were taken and are not decided yet, and dead letters, are then lost, and their producers have to send them again.',
};

// An adapter is loaded only where its setting chooses it.
const embedded = () => import('@tallystick/adapters/embedded');
const postgres = () => import('@tallystick/adapters/postgres');

async function openEventStore(
  { eventStore }: Configuration,
  services: readonly ServiceDefinition[],
): Promise<EventStore> {
  if (isHere(eventStore)) {
    const { SqliteEventStore } = await embedded();
    const database = { ifDamaged: IF_DAMAGED.events };
    return SqliteEventStore.open(join(eventStore.directory, 'events.db'), { database });
  }
  const { EventStoreDbEventStore, eventStoreDbAddress } = await import('@tallystick/adapters/eventstoredb');
  return EventStoreDbEventStore.open({
    ...eventStoreDbAddress(eventStore.address),
    prefixes: services.flatMap(({ categories }) => categories.map(streamPrefixOf)),
    subscriptionRefused: () => subscriptionRefusals.inc(),
  });
}

async function openViewStore({ views, postgresConnections: connections }: Configuration): Promise<ViewStore> {
  if (isHere(views)) return (await embedded()).SqliteViewStore.open(join(views.directory, 'views.db'));
  return (await postgres()).PostgresViewStore.open({ url: views.address, connections });
}

/** Records are kept beside the views in PostgreSQL, where all processes reach them; else on this machine. */
async function openRecordStore(configuration: Configuration): Promise<RecordStore> {
  const { eventStore, views, newRecords, postgresConnections: connections } = configuration;
  if (!isHere(views)) return (await postgres()).PostgresRecordStore.open({ url: views.address, connections });
  const { directory } = isHere(eventStore) ? eventStore : views;
  const options = { ifDamaged: IF_DAMAGED.records, setsAside: newRecords };
  return (await embedded()).SqliteRecordStore.open(join(directory, 'records.db'), options);
}

async function openBus(configuration: Configuration, services: readonly ServiceDefinition[]): Promise<OpenedBus> {
  const { bus: place } = configuration;
  return isHere(place)
    ? openEmbeddedBus(place.directory, configuration)
    : openKafkaBus(place.address, configuration, services);
}

async function openEmbeddedBus(directory: string, { busRetentionDays }: Configuration): Promise<OpenedBus> {
  const { EmbeddedBus, EmbeddedBusServer } = await embedded();
  const retentionMilliseconds = busRetentionDays * DAY;
  const database = { ifDamaged: IF_DAMAGED.bus };
  const bus = await EmbeddedBus.open(join(directory, 'bus.db'), { retentionMilliseconds, database });
  return { bus, consumersOf: (service) => new EmbeddedBusServer(bus, groupOf(service)), close: () => bus.close() };
}

async function openKafkaBus(
  address: string,
  configuration: Configuration,
  services: readonly ServiceDefinition[],
): Promise<OpenedBus> {
  const { kafkaAddress, KafkaBusServer, openKafka } = await import('@tallystick/adapters/kafka');
  const connection = kafkaAddress(address);
  // All adapters wait for their servers in the same way, so this one does not wait itself.
  const bus = await openKafka({ connection, topics: topicsOf(configuration, services), startMilliseconds: 0 });
  const limits = { maxBatch: configuration.kafkaBatch, sessionMilliseconds: configuration.kafkaSessionMilliseconds };
  return {
    bus,
    consumersOf: (service) => new KafkaBusServer(connection, { ...limits, ...groupOf(service) }),
    close: () => bus.close(),
  };
}

const groupOf = (service: ServiceDefinition) => ({
  group: consumerGroupOf(service),
  formerGroups: service.formerConsumerGroups ?? [],
});

const closeAll =
  (...adapters: readonly Closable[]) =>
  async (): Promise<void> => {
    for (const adapter of adapters) await adapter.close();
  };

/** Opens adapters side by side. If one fails, the others are closed. */
async function allOpen<All extends readonly Promise<Closable>[]>(
  waiting: Waiting,
  opening: readonly [...All],
): Promise<{ [At in keyof All]: Awaited<All[At]> }> {
  try {
    return (await Promise.all(opening)) as { [At in keyof All]: Awaited<All[At]> };
  } catch (error) {
    waiting.end();
    for (const it of await Promise.allSettled(opening)) if (it.status === 'fulfilled') await it.value.close();
    throw error;
  }
}
