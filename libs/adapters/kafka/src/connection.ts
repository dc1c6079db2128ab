import type { ConnectionOptions } from 'node:tls';
import { Kafka, logLevel, type KafkaConfig, type SASLOptions } from 'kafkajs';
import './idle-timers';
import { logCreator } from './logging';

export interface KafkaConnection {
  /** `host:port` of some brokers, which provide the others. */
  readonly brokers: readonly string[];
  /** Name in the brokers' logs and quotas. */
  readonly clientId?: string;
  /** `true`: trusts the certificate authorities of Node. */
  readonly tls?: boolean | Pick<ConnectionOptions, 'ca' | 'cert' | 'key' | 'passphrase' | 'servername'>;
  readonly sasl?: {
    readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
    readonly username: string;
    readonly password: string;
  };
  /** Prefix of all topic and group names, so that several installations can share a cluster. */
  readonly prefix?: string;
  readonly connectMilliseconds?: number;
  /** Timeout of a request. */
  readonly requestMilliseconds?: number;
}

/** Few and short retries in kafkajs. Longer outages are retried by this adapter, which reports them. */
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
