import type { RpcCall, RpcMethods, RpcTable } from '@tallystick/contracts/http';
import { Batcher } from '@tallystick/runtime';
import { notSent, type HttpCalls } from './http-calls';

/** Items of one request. */
const MAX_BATCH = 1_000;
const MAX_CONCURRENT_REQUESTS = 8;

type RpcMethod = (argument: unknown) => Promise<unknown>;

/** The methods of a table, answered by another process. Calls with a list share requests, and fail at once when too many wait. */
export function rpcClient<Table extends RpcTable>(table: Table, http: HttpCalls): RpcMethods<Table> {
  const calls = Object.entries(table) as unknown as [string, RpcCall<unknown, unknown>][];
  const methods = calls.map(([name, declared]) => [
    name,
    declared.list ? batched(declared, http) : alone(declared, http),
  ]);
  return Object.fromEntries(methods) as RpcMethods<Table>;
}

const alone =
  (declared: RpcCall<unknown, unknown>, http: HttpCalls): RpcMethod =>
  async (argument) => {
    const result = await http.call(declared, argument);
    if (result === undefined && !declared.optional)
      throw new Error(`The ledger answered ${declared.path} without a result.`);
    return result;
  };

function batched(declared: RpcCall<unknown, unknown>, http: HttpCalls): RpcMethod {
  const call = alone(declared, http) as (items: readonly unknown[]) => Promise<readonly unknown[]>;
  const requests = new Batcher(call, {
    maxBatch: MAX_BATCH,
    concurrency: MAX_CONCURRENT_REQUESTS,
    maxPending: http.mostWaiting,
    full: () => notSent('too many jobs wait for it already'),
  });
  return (items) => requests.add(items as readonly unknown[]);
}
