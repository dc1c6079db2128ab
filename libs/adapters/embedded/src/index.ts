export { Database, DatabaseError, type DatabaseOptions } from './sqlite/database';
export { DirectoryInUse } from './sqlite/lock';
export { SqliteEventStore, type SqliteEventStoreOptions } from './events/sqlite-event-store';
