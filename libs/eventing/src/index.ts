export * from './ports/bus';
export { ChainCheck, type History } from './chain/chain-check';
export { recordHash } from './chain/link';
export * from './log/checkpoint';
export * from './ports/event-store';
export { Admission, type Admitted } from './log/admission';
export * from './growth';
export { HoldRegistry, type Hold } from './log/holds';
export * from './log/lag';
export * from './log/log-check';
export * from './log/log-identity';
export * from './log/log-watch';
export * from './node-advice';
export * from './ports/record-store';
export { isOfTheStream, stopReason, type StopReason } from './commands/stop-reason';
export * from './commands/stream-fold';
export { PromptStore } from './commands/prompt-store';
export * from './ports/view-store';
export {
  NotDecided,
  StreamStopped,
  Transactor,
  UnknownOutcome,
  type Outcome,
  type Snapshots,
  type TransactOptions,
} from './commands/transact';
export * from './projections/projector';
export type { View } from './projections/view-builder';
