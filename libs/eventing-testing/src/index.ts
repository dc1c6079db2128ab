export { busContract, type BusServer, type TestedBus } from './bus.contract';
export { chainBreaches } from './chained';
export { anEvent, eventStoreContract, wholeLog } from './event-store.contract';
export { type Fault, InMemoryEventStore } from './in-memory-event-store';
export { InMemoryRecordStore } from './in-memory-record-store';
export { InMemoryViewStore } from './in-memory-view-store';
export { recordStoreContract } from './record-store.contract';
export { viewStoreContract } from './view-store.contract';
