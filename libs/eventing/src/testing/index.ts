export { anEvent, eventStoreContract, wholeLog } from './event-store.contract';
export { type Fault, InMemoryEventStore } from './in-memory-event-store';
