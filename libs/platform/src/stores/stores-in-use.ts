import { resolve } from 'node:path';
import type { Adapters } from './adapters';
import { isHere, type Place } from '@tallystick/hosting';
import type { Configuration } from '../configuration';
import { storesInfo } from '../telemetry';

/** The token of `StoresInUse`. */
export const STORES = Symbol('STORES');

/** A store and its place: an address without user, password and parameters. */
export interface StoreInUse {
  readonly kind: string;
  readonly at: string;
  /** As its adapter describes it, such as `SQLite 3.53.0 (node:sqlite)`. */
  readonly engine?: string;
}

/** `eventStore` and `views` are absent where no service of the process keeps streams. */
export interface StoresInUse {
  readonly eventStore?: StoreInUse;
  readonly views?: StoreInUse;
  readonly records: StoreInUse;
  readonly bus: StoreInUse;
}

/** Throws StartupError if the address cannot be read. */
async function inUse(
  place: Place,
  local: string,
  kind: string,
  hostsOf: (address: string) => string | Promise<string>,
): Promise<StoreInUse> {
  if (isHere(place)) return { kind: local, at: resolve(place.directory) };
  return { kind, at: `${kind}://${await hostsOf(place.address)}` };
}

async function hostsOfEventStoreDb(address: string): Promise<string> {
  const { eventStoreDbAddress } = await import('@tallystick/adapters/eventstoredb');
  const { hosts } = eventStoreDbAddress(address);
  return hosts.map(({ name, port }) => `${name.includes(':') ? `[${name}]` : name}:${port}`).join(',');
}

async function brokersOf(address: string): Promise<string> {
  const { kafkaAddress } = await import('@tallystick/adapters/kafka');
  return kafkaAddress(address).brokers.join(',');
}

function databaseOf(address: string): string {
  if (!URL.canParse(address)) return '';
  const { host, pathname } = new URL(address);
  return host + pathname;
}

type OpenStores = Pick<Adapters, 'streams' | 'records' | 'bus'>;

export async function storesInUse(configuration: Configuration, open: OpenStores): Promise<StoresInUse> {
  const [eventStore, views, bus] = await Promise.all([
    inUse(configuration.eventStore, 'sqlite', 'esdb', hostsOfEventStoreDb),
    inUse(configuration.views, 'sqlite', 'postgres', databaseOf),
    inUse(configuration.bus, 'embedded', 'kafka', brokersOf),
  ]);
  // As openRecordStore chooses.
  const records = views.kind === 'sqlite' && eventStore.kind === 'sqlite' ? eventStore : views;
  const { streams } = open;
  return {
    ...(streams && {
      eventStore: withEngine(eventStore, streams.events),
      views: withEngine(views, streams.views),
    }),
    records: withEngine(records, open.records),
    bus: withEngine(bus, open.bus),
  };
}

const withEngine = (store: StoreInUse, adapter: object): StoreInUse =>
  'description' in adapter ? { ...store, engine: String(adapter.description) } : store;

/** One sample whose labels name the stores. */
export function countStores({ eventStore, views, records, bus }: StoresInUse): void {
  storesInfo.set(
    {
      event_store: eventStore?.kind ?? 'none',
      views: views?.kind ?? 'none',
      records: records.kind,
      bus: bus.kind,
    },
    1,
  );
}
