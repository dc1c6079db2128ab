export { writeDurably } from './bootstrap/durable-file';
export { dataDirectoryOf, isPrivate, printNotice, printOperatorKey, runsOn } from './bootstrap/operator-key-notice';
export { run } from './bootstrap/run';
export { type Composed, type Listening, type Running, type Service, compose, start } from './bootstrap/start';
export {
  CONFIGURATION,
  type Configuration,
  INTERNAL_LISTEN,
  readConfiguration,
  SETTINGS,
  type Setting,
} from './configuration';
export { OperatorKey } from './http/access/operator-key';
export { createLogger } from './logging';
export { RemoteLedgerModule } from './remote';
export { allAdapters, storeAndBusAdapters, type Adapters } from './stores/adapters';
