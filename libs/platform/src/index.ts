export { everyPart, recordsAndBus, type Adapters } from './adapters';
export {
  CONFIGURATION,
  type Configuration,
  INTERNAL_LISTEN,
  readConfiguration,
  SETTINGS,
  type Setting,
  WrongStart,
} from './configuration';
export { createLogger } from './logging';
export { RemoteLedgerModule } from './remote';
export { makeDemo, offerDemo, offerOperatorKey } from './running/demo';
export type { Demo } from './running/demo-file';
export { run } from './running/run';
export { type Running, type Service, compose, start } from './running/start';
