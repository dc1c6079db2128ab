// Calls between our services. A table of calls is declared once, in the contracts of the service that answers them. The server
// (`rpcController`) and the client (`rpcClient` of adapters/http) are derived from it.
// On the wire: POST <path> on the internal listener, the body is `{ argument }`, the answer `{ result }`, null where there is none.

/** One call between services. */
export interface RpcCall<Argument, Result> {
  readonly path: string;
  /** The DTO of the body: its member `argument` holds the rules. */
  readonly body: new () => { argument: unknown };
  /** The argument of the method, from the checked one without its null members. Default: unchanged. */
  readonly receive?: (argument: never) => unknown;
  /** The part of an argument that is sent. Default: all of it. */
  readonly send?: (argument: Argument) => unknown;
  /** The call changes nothing, so it never has an unknown outcome. */
  readonly readOnly?: true;
  /** Argument and result are lists of the same length. Clients may send the items of several calls in one request. */
  readonly list?: true;
  /** The body may be as large as that of a batch. So may that of a list. */
  readonly largeBody?: true;
  /** The result may be undefined. */
  readonly optional?: true;
  /** 404 is an answer: what the argument names does not exist. For other calls it shows a wrong address. */
  readonly notFound?: true;
  /** For the types alone. */
  readonly types?: (argument: Argument) => Result;
}

/** Declares a call with its types. */
export const call = <Argument, Result>(
  declared: RpcCall<Argument, Result> & { readonly receive?: (argument: never) => Argument },
): RpcCall<Argument, Result> => declared;

export type RpcTable = Readonly<Record<string, RpcCall<never, unknown>>>;

/** The methods of a table: what the server implements and the client calls. */
export type RpcMethods<Table extends RpcTable> = {
  readonly [Name in keyof Table]: Table[Name] extends RpcCall<infer Argument, infer Result>
    ? (argument: Argument) => Promise<Result>
    : never;
};

/** The answer of a call. */
export interface RpcReply<Result = unknown> {
  readonly result: Result | null;
}
