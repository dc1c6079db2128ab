export { DatabaseDamaged } from './sqlite/damaged';
export { Database, DatabaseError, type DatabaseOptions } from './sqlite/database';
export { syncDirectory } from './sqlite/disk';
export { DirectoryInUse, DirectoryUnusable } from './sqlite/lock';
export { SqliteEventStore, type SqliteEventStoreOptions } from './events/sqlite-event-store';
export { SqliteRecordStore } from './records/sqlite-record-store';
export { SqliteViewStore } from './views/sqlite-view-store';
export { EmbeddedBus, type EmbeddedBusOptions } from './bus/embedded-bus';
export { EmbeddedBusServer, type EmbeddedBusServerOptions } from './bus/embedded-bus-server';
