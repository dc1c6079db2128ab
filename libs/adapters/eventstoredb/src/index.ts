export { eventStoreDbAddress } from './address';
export { EventStoreDbEventStore } from './eventstoredb-event-store';
export { CannotOpen } from './failures';
export type { EventStoreDbAddress, EventStoreDbOptions, EventStoreDbHost } from './options';
