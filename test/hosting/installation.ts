import { Module } from '@nestjs/common';
import { Server, type CustomTransportStrategy } from '@nestjs/microservices';
import { KeyDirectory } from '@tallystick/contracts/http';
import { Bus, type Message, type ReceivedMessage } from '@tallystick/eventing';
import { InMemoryEventStore, InMemoryRecordStore, InMemoryViewStore } from '@tallystick/eventing-testing';
import type { ServiceDefinition } from '@tallystick/hosting';
import { compose, createLogger, readConfiguration, type Composed } from '@tallystick/platform';
import { creditLedger } from '@tallystick/services/credit-ledger';

export const OPERATOR_KEY = 'operator-key-of-this-test';

/** Receives nothing. */
class SilentConsumers extends Server implements CustomTransportStrategy {
  readonly ready = true;
  listen = (callback: () => void): void => callback();
  close(): void {}
  on(): void {}
  unwrap<T>(): T {
    return undefined as T;
  }
}

class RecordingBus extends Bus {
  readonly messages: { readonly topic: string; readonly key: string; readonly value: unknown }[] = [];
  override async publish(topic: string, messages: readonly Message[]): Promise<void> {
    for (const { key, value } of messages)
      this.messages.push({ topic, key, value: JSON.parse(Buffer.from(value).toString()) });
  }
  override async browse(): Promise<readonly ReceivedMessage[]> {
    return [];
  }
  override async partitions(): Promise<number> {
    return 0;
  }
  override async close(): Promise<void> {}
}

class NoKeys extends KeyDirectory {
  override find = async (hashes: readonly string[]) => hashes.map(() => undefined);
  override onRevoked(): void {}
}

@Module({ providers: [{ provide: KeyDirectory, useClass: NoKeys }], exports: [KeyDirectory] })
class NoKeysModule {}

/** A stand-in for the ledger, from which the platform reads keys. */
export const noKeys: ServiceDefinition = {
  name: 'no-keys',
  module: NoKeysModule,
  categories: [],
  topics: [],
  consumes: [],
  collections: [],
  settings: {},
  routes: [],
};

/** The stores and the bus that processes share. */
export class TestInstallation {
  readonly events = new InMemoryEventStore();
  readonly views = new InMemoryViewStore();
  readonly records = new InMemoryRecordStore();
  private readonly bus = new RecordingBus();

  async start(...services: readonly ServiceDefinition[]): Promise<Composed> {
    const { events, views, records, bus } = this;
    const adapters = {
      streams: { events, views },
      records,
      bus,
      consumersOf: () => new SilentConsumers(),
      close: async () => undefined,
    };
    const environment = { TALLY_LOG_LEVEL: 'silent', TALLY_OPERATOR_KEY: OPERATOR_KEY };
    const configuration = readConfiguration({ ...creditLedger.settings }, [], environment);
    const process = { name: 'test', services, adapters: async () => adapters };
    return compose(process, configuration, createLogger('test', configuration));
  }

  published<Value>(topic: string): readonly Value[] {
    return this.bus.messages.filter((message) => message.topic === topic).map(({ value }) => value as Value);
  }

  /** The keys of the messages on a topic. */
  keysOn(topic: string): readonly string[] {
    return this.bus.messages.filter((message) => message.topic === topic).map(({ key }) => key);
  }

  async keysIn(collection: string): Promise<readonly string[]> {
    return (await this.records.list(collection, { prefix: '', limit: 10, now: 0 })).map(({ key }) => key);
  }
}
