import type { ConnectionOptions } from 'node:tls';
import { Kafka, logLevel, type KafkaConfig, type SASLOptions } from 'kafkajs';
import './idle-timers';
import { logCreator } from './logging';

export interface KafkaConnection {
  /** `host:port` of some brokers; the others are learned from them. */
  readonly brokers: readonly string[];
  /** Shown in the brokers' logs and quotas. */
  readonly clientId?: string;
  /** `true`: trusts the authorities that Node trusts. */
  readonly tls?: boolean | Pick<ConnectionOptions, 'ca' | 'cert' | 'key' | 'passphrase' | 'servername'>;
  readonly sasl?: {
    readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
    readonly username: string;
    readonly password: string;
  };
  /** Before the names of all topics and groups, so that several installations can share a cluster. */
  readonly prefix?: string;
  readonly connectMilliseconds?: number;
  /** After which a request counts as lost. */
  readonly requestMilliseconds?: number;
}

/** Few and short: what goes on for longer is ours to repeat, where it can be seen. */
export const RETRY = { initialRetryTime: 100, maxRetryTime: 1_000, factor: 0.2, multiplier: 2, retries: 5 };

export function kafkaClient(connection: KafkaConnection): Kafka {
  const { brokers, clientId = 'tallystick', tls, sasl } = connection;
  const config: KafkaConfig = {
    brokers: [...brokers],
    clientId,
    connectionTimeout: connection.connectMilliseconds ?? 3_000,
    authenticationTimeout: connection.connectMilliseconds ?? 10_000,
    requestTimeout: connection.requestMilliseconds ?? 15_000,
    retry: { ...RETRY },
    logLevel: logLevel.INFO,
    logCreator,
    ...(tls && { ssl: tls === true ? true : { ...tls } }),
    ...(sasl && { sasl: { ...sasl } as SASLOptions }),
  };
  return new Kafka(config);
}
