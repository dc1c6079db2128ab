export * from './ports/bus';
export { ChainCheck, type UnchainedHistory } from './chain/chain-check';
export { recordHash } from './chain/link';
export * from './log/checkpoint';
export * from './ports/event-store';
export { Admission, type Admitted } from './log/admission';
export * from './log/log-signal';
export { HoldRegistry, type Hold } from './log/holds';
export * from './log/lag';
export * from './log/verify-checkpoint';
export * from './log/log-identity';
export * from './log/log-watch';
export * from './node-advice';
export * from './ports/record-store';
export {
  isStreamError as isOfTheStream,
  quarantineReason as stopReason,
  type QuarantineReason,
} from './commands/quarantine-reason';
export * from './commands/stream-fold';
export { CircuitBreakerStore } from './commands/circuit-breaker-store';
export * from './ports/view-store';
export {
  CommandAborted,
  StreamQuarantined,
  CommandHandler,
  UnknownOutcome,
  type CommandResult,
  type SnapshotOptions,
  type CommandHandlerOptions,
} from './commands/command-handler';
export type { LeadershipListener } from './projections/leadership';
export * from './projections/projector';
