export { HttpCalls, type LedgerAddress } from './http-calls';
export { RemoteKeys } from './remote-keys';
export { rpcClient } from './rpc-client';
export { AnswerLost, ServiceProxy, type ForwardedRequest, type ForwardedResponse } from './service-proxy';
