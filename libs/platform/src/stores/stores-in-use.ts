import { resolve } from 'node:path';
import { eventStoreDbAddress } from '@tallystick/adapters/eventstoredb';
import { kafkaAddress } from '@tallystick/adapters/kafka';
import type { Adapters } from './adapters';
import { type Configuration, isHere } from '../configuration';
import type { Place } from '@tallystick/hosting';
import { storesInfo } from '../telemetry';

/** The token under which the platform's own parts find them. */
export const STORES = Symbol('STORES');

/** Which store is in use, and where; of an address without user, password and parameters. */
export interface StoreInUse {
  readonly kind: string;
  readonly at: string;
  /** What its adapter says of itself, such as `SQLite 3.53.0 (node:sqlite)`. */
  readonly engine?: string;
}

/** A service that leaves streams and views to another has neither. */
export interface StoresInUse {
  readonly eventStore?: StoreInUse;
  readonly views?: StoreInUse;
  readonly records: StoreInUse;
  readonly bus: StoreInUse;
}

/** Throws what the address's adapter says where it cannot be read. */
const inUse = (place: Place, local: string, kind: string, at: (address: string) => string): StoreInUse =>
  isHere(place) ? { kind: local, at: resolve(place.directory) } : { kind, at: `${kind}://${at(place.address)}` };

const hostsOfEsdb = (address: string): string =>
  eventStoreDbAddress(address)
    .hosts.map(({ name, port }) => `${name.includes(':') ? `[${name}]` : name}:${port}`)
    .join(',');
const brokersOf = (address: string): string => kafkaAddress(address).brokers.join(',');

/** Its adapter says what is wrong with an address that cannot be read. */
function databaseOf(address: string): string {
  if (!URL.canParse(address)) return '';
  const { host, pathname } = new URL(address);
  return host + pathname;
}

type Parts = Pick<Adapters, 'streams' | 'records' | 'bus'>;

export function storesInUse(configuration: Configuration, parts: Parts): StoresInUse {
  const eventStore = inUse(configuration.eventStore, 'sqlite', 'esdb', hostsOfEsdb);
  const views = inUse(configuration.views, 'sqlite', 'postgres', databaseOf);
  const bus = inUse(configuration.bus, 'embedded', 'kafka', brokersOf);
  // As the adapters are opened: beside the views in a server, else beside the streams if they are on this machine.
  const records = views.kind === 'sqlite' && eventStore.kind === 'sqlite' ? eventStore : views;
  const { streams } = parts;
  return {
    ...(streams && {
      eventStore: withEngine(eventStore, streams.events),
      views: withEngine(views, streams.views),
    }),
    records: withEngine(records, parts.records),
    bus: withEngine(bus, parts.bus),
  };
}

const withEngine = (store: StoreInUse, adapter: object): StoreInUse =>
  'description' in adapter ? { ...store, engine: String(adapter.description) } : store;

/** Where a dashboard finds it: one sample whose labels say it. */
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
