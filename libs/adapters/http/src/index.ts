export type { LedgerAddress } from './http-calls';
export { RemoteKeys } from './remote-keys';
export { RemoteLedger } from './remote-ledger';
