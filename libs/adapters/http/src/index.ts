export { AnswerLost, HandOn, type HandedBack, type HandedOn } from './hand-on';
export { HttpCalls, type LedgerAddress } from './http-calls';
export { RemoteKeys } from './remote-keys';
export { RemoteLedger } from './remote-ledger';
