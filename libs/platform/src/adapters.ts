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

/** The receiving side of the bus; `ready` as long as what it delivers is taken. */
export type Consumers = CustomTransportStrategy & { readonly ready: boolean };

/** Everything a service needs from outside, behind the ports. */
export interface Adapters {
  readonly events: EventStore;
  readonly records: RecordStore;
  readonly views: ViewStore;
  readonly bus: Bus;
  readonly consumers: Consumers;
  close(): Promise<void>;
}

const DAY = 86_400_000;

type Closable = { close(): Promise<void> };

/** Streams, views and topics in SQLite files of this machine: nothing to install. */
export async function embedded({
  eventStore,
  views: viewStore,
  bus: topics,
  busRetentionDays,
}: Configuration): Promise<Adapters> {
  const [events, records, views, bus] = await allOpen([
    SqliteEventStore.open(join(eventStore, 'events.db')),
    SqliteRecordStore.open(join(eventStore, 'records.db')),
    SqliteViewStore.open(join(viewStore, 'views.db')),
    EmbeddedBus.open(join(topics, 'bus.db'), { retentionMilliseconds: busRetentionDays * DAY }),
  ]);
  const close = async () => {
    for (const it of [bus, views, records, events]) await it.close();
  };
  return { events, records, views, bus, consumers: new EmbeddedBusServer(bus), close };
}

/** Each has a thread of its own, so they open side by side; where one cannot, none stays open. */
async function allOpen<All extends readonly Promise<Closable>[]>(
  opening: readonly [...All],
): Promise<{ [At in keyof All]: Awaited<All[At]> }> {
  try {
    return (await Promise.all(opening)) as { [At in keyof All]: Awaited<All[At]> };
  } catch (error) {
    for (const it of await Promise.allSettled(opening)) if (it.status === 'fulfilled') await it.value.close();
    throw error instanceof DirectoryInUse ? new WrongStart(error.message) : error;
  }
}
