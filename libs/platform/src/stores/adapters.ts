import { join } from 'node:path';
import type { CustomTransportStrategy } from '@nestjs/microservices';
import {
  DirectoryUnusable,
  EmbeddedBus,
  EmbeddedBusServer,
  SqliteEventStore,
  SqliteRecordStore,
  SqliteViewStore,
} from '@tallystick/adapters/embedded';
import { CannotOpen, EventStoreDbEventStore, eventStoreDbAddress } from '@tallystick/adapters/eventstoredb';
import { kafkaAddress, KafkaUnusable, openKafka } from '@tallystick/adapters/kafka';
import { PostgresRecordStore, PostgresUnusable, PostgresViewStore } from '@tallystick/adapters/postgres';
import { STREAM_PREFIX } from '@tallystick/domain/ledger';
import type { Bus, EventStore, RecordStore, ViewStore } from '@tallystick/eventing';
import { StartupError } from '@tallystick/runtime';
import { type Configuration, isHere } from '../configuration';
import { subscriptionRefusals } from '../telemetry';
import { Waiting } from './waiting';
import { topicsOf } from './topics';

/** The receiving side of the bus; `ready` as long as what it delivers is taken. */
export type Consumers = CustomTransportStrategy & { readonly ready: boolean };

/** Everything a service needs from outside, behind the ports. */
export interface Adapters {
  /** Only where the service keeps streams and views. */
  readonly streams?: { readonly events: EventStore; readonly views: ViewStore };
  readonly records: RecordStore;
  readonly bus: Bus;
  readonly consumers: Consumers;
  close(): Promise<void>;
}

export type OpenAdapters = (configuration: Configuration, service: string) => Promise<Adapters>;

type Closable = { close(): Promise<void> };

/** Streams, views, records and bus, each where its setting says. */
export const allAdapters: OpenAdapters = async (configuration, service) => {
  const waiting = new Waiting(configuration.startWaitSeconds);
  const [events, views, records, { bus, consumers }] = await allOpen(waiting, [
    waiting.for('event store', () => eventStoreOf(configuration)),
    waiting.for('view store', () => viewStoreOf(configuration)),
    waiting.for('record store', () => recordStoreOf(configuration)),
    waiting.for('bus', () => busOf(configuration, service)),
  ]);
  return { streams: { events, views }, records, bus, consumers, close: closing(bus, views, records, events) };
};

/** For a service that leaves streams and views to another. */
export const storeAndBusAdapters: OpenAdapters = async (configuration, service) => {
  const waiting = new Waiting(configuration.startWaitSeconds);
  const [records, { bus, consumers }] = await allOpen(waiting, [
    waiting.for('record store', () => recordStoreOf(configuration)),
    waiting.for('bus', () => busOf(configuration, service)),
  ]);
  return { records, bus, consumers, close: closing(bus, records) };
};

/** What an operator does next. Views are rebuilt automatically. */
const IF_DAMAGED = {
  events: 'Restore all files of the data directory from one backup, then run tally verify.',
  records:
    'Restore it from the backup of the same moment as events.db; or start with --new-records, which sets it aside: all keys, names of organizations and projects, and job details are then lost.',
  bus: 'Restore it from the backup of the same moment as events.db; or move it away and start again: events that were taken and are not decided yet, and dead letters, are then lost, and their producers have to send them again.',
};

async function eventStoreOf({ eventStore }: Configuration): Promise<EventStore> {
  if (isHere(eventStore))
    return SqliteEventStore.open(join(eventStore.directory, 'events.db'), {
      database: { ifDamaged: IF_DAMAGED.events },
    });
  return EventStoreDbEventStore.open({
    ...eventStoreDbAddress(eventStore.address),
    prefixes: [STREAM_PREFIX],
    subscriptionRefused: () => subscriptionRefusals.inc(),
  });
}

async function viewStoreOf({ views, postgresConnections: connections }: Configuration): Promise<ViewStore> {
  if (isHere(views)) return SqliteViewStore.open(join(views.directory, 'views.db'));
  return PostgresViewStore.open({ url: views.address, connections });
}

/** What is kept beside the streams lies where several processes can have it, if there is such a place; else on this machine. */
async function recordStoreOf(configuration: Configuration): Promise<RecordStore> {
  const { eventStore, views, newRecords, postgresConnections: connections } = configuration;
  if (!isHere(views)) return PostgresRecordStore.open({ url: views.address, connections });
  const { directory } = isHere(eventStore) ? eventStore : views;
  const options = { ifDamaged: IF_DAMAGED.records, setsAside: newRecords };
  return SqliteRecordStore.open(join(directory, 'records.db'), options);
}

const DAY = 86_400_000;

/** The consumers of a service are one group, so that its replicas share the work. */
async function busOf(configuration: Configuration, service: string) {
  const { bus: place } = configuration;
  if (isHere(place)) {
    const retentionMilliseconds = configuration.busRetentionDays * DAY;
    const database = { ifDamaged: IF_DAMAGED.bus };
    const bus = await EmbeddedBus.open(join(place.directory, 'bus.db'), { retentionMilliseconds, database });
    return { bus, consumers: new EmbeddedBusServer(bus), close: () => bus.close() };
  }
  const { bus, consumers } = await openKafka({
    connection: kafkaAddress(place.address),
    topics: topicsOf(configuration),
    // The start waits for all parts in the same way.
    startMilliseconds: 0,
    consumers: {
      group: `tallystick.${service}`,
      maxBatch: configuration.kafkaBatch,
      sessionMilliseconds: configuration.kafkaSessionMilliseconds,
    },
  });
  return { bus, consumers, close: () => bus.close() };
}

const closing =
  (...parts: readonly Closable[]) =>
  async (): Promise<void> => {
    for (const part of parts) await part.close();
  };

/** They open side by side; where one cannot, none stays open. */
async function allOpen<All extends readonly Promise<Closable>[]>(
  waiting: Waiting,
  opening: readonly [...All],
): Promise<{ [At in keyof All]: Awaited<All[At]> }> {
  try {
    return (await Promise.all(opening)) as { [At in keyof All]: Awaited<All[At]> };
  } catch (error) {
    waiting.end();
    for (const it of await Promise.allSettled(opening)) if (it.status === 'fulfilled') await it.value.close();
    const isSaid = [DirectoryUnusable, CannotOpen, KafkaUnusable, PostgresUnusable].some(
      (kind) => error instanceof kind,
    );
    throw isSaid ? new StartupError((error as Error).message) : error;
  }
}
