import { join } from 'node:path';
import type { CustomTransportStrategy } from '@nestjs/microservices';
import {
  DirectoryInUse,
  EmbeddedBus,
  EmbeddedBusServer,
  SqliteEventStore,
  SqliteRecordStore,
  SqliteViewStore,
} from '@tallystick/adapters/embedded';
import type { Bus, EventStore, RecordStore, ViewStore } from '@tallystick/eventing';
import { type Configuration, WrongStart } from './configuration';

/** Everything a service needs from outside, behind the ports. */
export interface Adapters {
  readonly events: EventStore;
  readonly records: RecordStore;
  readonly views: ViewStore;
  readonly bus: Bus;
  /** The receiving side of the bus. */
  readonly consumers: CustomTransportStrategy;
  close(): Promise<void>;
}

const DAY = 86_400_000;

/** Streams, views and topics in SQLite files of this machine: nothing to install. */
export async function embedded(configuration: Configuration): Promise<Adapters> {
  const opened: { close(): Promise<void> }[] = [];
  const open = async <It extends { close(): Promise<void> }>(opening: Promise<It>): Promise<It> => {
    const it = await opening;
    opened.unshift(it);
    return it;
  };
  const close = async () => {
    for (const it of opened) await it.close();
  };
  try {
    const { eventStore, views, bus, busRetentionDays } = configuration;
    const events = await open(SqliteEventStore.open(join(eventStore, 'events.db')));
    const records = await open(SqliteRecordStore.open(join(eventStore, 'records.db')));
    const viewStore = await open(SqliteViewStore.open(join(views, 'views.db')));
    const topics = await open(
      EmbeddedBus.open(join(bus, 'bus.db'), { retentionMilliseconds: busRetentionDays * DAY }),
    );
    return {
      events,
      records,
      views: viewStore,
      bus: topics,
      consumers: new EmbeddedBusServer(topics),
      close,
    };
  } catch (error) {
    await close();
    throw error instanceof DirectoryInUse ? new WrongStart(error.message) : error;
  }
}
