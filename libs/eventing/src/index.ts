export * from './bus';
export { ChainCheck, type History } from './chain/chain-check';
export { recordHash } from './chain/link';
export * from './checkpoint';
export * from './event-store';
export { Admission, type Admitted } from './admission';
export * from './growth';
export { HoldRegistry, type Hold } from './holds';
export * from './lag';
export * from './log-check';
export * from './log-identity';
export * from './log-watch';
export * from './node-advice';
export * from './record-store';
export { isOfTheStream, stopReason, type StopReason } from './stop-reason';
export * from './stream-fold';
export { PromptStore } from './prompt-store';
export * from './view-store';
export {
  NotDecided,
  StreamStopped,
  Transactor,
  UnknownOutcome,
  type Outcome,
  type Snapshots,
  type TransactOptions,
} from './transact';
export * from './projector';
export type { View } from './view-builder';
export * from './testing';
