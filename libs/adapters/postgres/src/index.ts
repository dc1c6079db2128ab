export { PostgresRecordStore } from './records/postgres-record-store';
export { PostgresViewStore } from './views/postgres-view-store';
export type { PostgresOptions } from './connection/options';
export { PostgresUnusable } from './connection/unusable';
