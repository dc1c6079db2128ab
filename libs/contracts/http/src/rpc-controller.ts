import { Body, Controller, HttpCode, Inject, Post, type Type } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { RpcCall, RpcMethods, RpcReply, RpcTable } from './rpc';
import { TakesBatch, WithoutIdempotencyKey } from './request';
import { Allow } from './security';

type Implementation<Table extends RpcTable> = abstract new (...args: never[]) => RpcMethods<Table>;

/** A controller for the internal listener: one route per call of the table, answered by the provider `implementation`. */
export function rpcController<Table extends RpcTable>(table: Table, implementation: Implementation<Table>): Type {
  class RpcController {
    constructor(readonly methods: Record<string, (argument: unknown) => Promise<unknown>>) {}
  }
  for (const [name, declared] of Object.entries(table) as unknown as [string, RpcCall<unknown, unknown>][])
    addRoute(RpcController, name, declared);
  Inject(implementation)(RpcController, undefined, 0);
  ApiExcludeController()(RpcController);
  Allow('internal')(RpcController);
  WithoutIdempotencyKey()(RpcController);
  Controller()(RpcController);
  return RpcController;
}

function addRoute(
  { prototype }: { prototype: object },
  name: string,
  { path, body, receive = asReceived, list, largeBody }: RpcCall<unknown, unknown>,
): void {
  async function answer(
    this: { methods: Record<string, (argument: unknown) => Promise<unknown>> },
    { argument }: { argument: unknown },
  ): Promise<RpcReply> {
    return { result: (await this.methods[name]!(receive(withoutNulls(argument) as never))) ?? null };
  }
  // Interceptors find the parameters of a route by the name of its handler.
  Object.defineProperty(answer, 'name', { value: name });
  const route = { value: answer, configurable: true, writable: true };
  Object.defineProperty(prototype, name, route);
  // The metadata that TypeScript emits for a declared method.
  Reflect.defineMetadata('design:paramtypes', [body], prototype, name);
  Body()(prototype, name, 0);
  for (const decorate of [Post(path), HttpCode(200), ...(list || largeBody ? [TakesBatch()] : [])])
    decorate(prototype, name, route);
}

const asReceived = (argument: unknown): unknown => argument;

/** A member that is null is left out, at any depth: both mean the same. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value;
  const given = Object.entries(value).filter(([, member]) => member !== null && member !== undefined);
  return Object.fromEntries(given.map(([name, member]) => [name, withoutNulls(member)]));
}
