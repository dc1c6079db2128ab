import type { Health } from './event-store';

/** A message of the bus. `key` decides the partition, and so the order. */
export interface Message {
  readonly key: string;
  readonly value: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
}

export interface ReceivedMessage extends Message {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  /** Epoch milliseconds at which the bus took the message. */
  readonly timestamp: number;
}

/** The sending side of the bus; receiving is a Nest transport strategy, the same for every bus (`@EventPattern(topic, { batch: true })`). */
export abstract class Bus {
  /** Resolves when every message is durable (acks=all), in order within a key. */
  abstract publish(topic: string, messages: readonly Message[]): Promise<void>;
  /** Reads messages of a topic, for dead letters and operators. No consumer group is changed. */
  abstract browse(
    topic: string,
    from: { readonly partition: number; readonly offset: string },
    limit: number,
  ): Promise<readonly ReceivedMessage[]>;
  /** The number of partitions of a topic, 0 if there is no such topic. Partitions are numbered from 0. */
  abstract partitions(topic: string): Promise<number>;
  abstract close(): Promise<void>;

  /** The health of the sending side, for readiness. */
  health(): Promise<Health> {
    return Promise.resolve({});
  }
}

/** Second argument of a handler of the bus. A handler with `{ batch: true }` gets `ReceivedMessage[]` as its first, any other one `ReceivedMessage`. */
export interface BatchContext {
  readonly topic: string;
  readonly partition: number;
  /** Reports to the bus that a long batch is still being processed. */
  heartbeat(): Promise<void>;
  /** Aborts when the server is closing: finish the work in progress, or throw and get the batch again. */
  readonly signal: AbortSignal;
}
