import type { DynamicModule, Type } from '@nestjs/common';
import { hashOfKey, KeyDirectory, type Caller } from '@tallystick/contracts/http';
import type { Adapters, Consumers } from '../src/stores/adapters';
import { type Configuration, readConfiguration } from '../src/configuration';
import { InMemoryEventStore, InMemoryRecordStore, InMemoryViewStore } from '@tallystick/eventing-testing';
import { createLogger } from '../src/logging';
import type { ServiceDefinition } from '@tallystick/hosting';
import { compose, type Composed } from '../src/bootstrap/compose';

export const OPERATOR_KEY = 'operator-key-of-this-test';

/** The holders of keys; a test may change them. */
export class Holders extends KeyDirectory {
  readonly keys = new Map<string, Caller>();
  /** Reads, and the keys that were asked for in them. */
  asked = 0;
  askedFor = 0;
  forget: () => void = () => undefined;
  override async find(hashes: readonly string[]): Promise<readonly (Caller | undefined)[]> {
    this.asked += 1;
    this.askedFor += hashes.length;
    const held = await Promise.all(
      [...this.keys].map(async ([key, caller]) => [await hashOfKey(key), caller] as const),
    );
    const holders = new Map(held);
    return hashes.map((hash) => holders.get(hash));
  }
  override onRevoked(forget: () => void): void {
    this.forget = forget;
  }
}

class TestKeys {}
const keysOf = (holders: Holders): DynamicModule => ({
  module: TestKeys,
  providers: [{ provide: KeyDirectory, useValue: holders }],
  exports: [KeyDirectory],
});

class NoConsumers implements Consumers {
  ready = true;
  listen(callback: () => void): void {
    callback();
  }
  close(): void {}
  on(): void {}
  unwrap<T>(): T {
    return undefined as T;
  }
}

/** Everything in memory; the bus only says that it is well. */
export const testAdapters = (records = new InMemoryRecordStore(), consumers = new NoConsumers()): Adapters => ({
  streams: { events: new InMemoryEventStore(), views: new InMemoryViewStore() },
  records,
  bus: { health: async () => ({}) } as Adapters['bus'],
  consumersOf: () => consumers,
  close: async () => undefined,
});

const serviceOf = (name: string, module: ServiceDefinition['module']): ServiceDefinition => ({
  name,
  module,
  categories: [],
  topics: [],
  consumes: ['topic'],
  collections: [],
  settings: {},
  routes: [],
});

export const testServices = (holders = new Holders(), modules: readonly Type[] = []): readonly ServiceDefinition[] =>
  [keysOf(holders), ...modules].map((module, at) => serviceOf(`test-${at}`, module));

export interface TestApp extends Composed {
  readonly holders: Holders;
  readonly records: InMemoryRecordStore;
  readonly consumers: NoConsumers;
  readonly log: () => string;
}

/** The platform as every service has it, around controllers of a test. */
export async function testApp(
  modules: readonly Type[],
  settings: Readonly<Record<string, string>> = {},
): Promise<TestApp> {
  const holders = new Holders();
  const records = new InMemoryRecordStore();
  const consumers = new NoConsumers();
  const lines: string[] = [];
  const configuration: Configuration = readConfiguration({}, [], {
    TALLY_OPERATOR_KEY: OPERATOR_KEY,
    ...settings,
  });
  const adapters = testAdapters(records, consumers);
  const service = {
    name: 'test',
    services: testServices(holders, modules),
    adapters: async () => adapters,
  };
  const logger = createLogger('test', configuration, { write: (line) => void lines.push(line) });
  const composed = await compose(service, configuration, logger);
  return { ...composed, holders, records, consumers, log: () => lines.join('') };
}
