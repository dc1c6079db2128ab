export { HttpCalls, type LedgerAddress } from './http-calls';
export { RemoteKeys } from './remote-keys';
export { rpcClient } from './rpc-client';
export { AnswerLost, ServiceProxy, type ProxiedRequest, type ProxiedResponse } from './service-proxy';
