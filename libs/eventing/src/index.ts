export * from './bus';
export * from './event-store';
export { Admission, type Admitted } from './admission';
export * from './growth';
export { HoldRegistry, type Hold } from './holds';
export { recordHash } from './record-hash';
export * from './record-store';
export { isOfTheStream, stopReason, type StopReason } from './stop-reason';
export * from './stream-fold';
export * from './view-store';
export {
  NotDecided,
  StreamStopped,
  Transactor,
  type Outcome,
  type Snapshots,
  type TransactOptions,
} from './transact';
export * from './projector';
export type { View } from './view-builder';
export * from './testing';
