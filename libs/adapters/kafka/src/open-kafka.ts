import type { KafkaConnection } from './connection';
import { KafkaBus, type KafkaBusOptions } from './kafka-bus';
import { KafkaBusServer, type KafkaBusServerOptions } from './kafka-bus-server';
import type { TopicsSettings } from './topic-settings';
import { checkTopics, type CheckOptions } from './topics';

export interface KafkaOptions extends CheckOptions {
  readonly connection: KafkaConnection;
  readonly topics: TopicsSettings;
  readonly consumers: KafkaBusServerOptions;
  readonly bus?: KafkaBusOptions;
}

export interface OpenedKafka {
  readonly bus: KafkaBus;
  /** Transport strategy. Nest closes it with its service. */
  readonly consumers: KafkaBusServer;
}

/** Checks or creates the topics and opens both sides of the bus. Rejects with KafkaUnusable. */
export async function openKafka(options: KafkaOptions): Promise<OpenedKafka> {
  const { connection, topics, consumers, bus } = options;
  const { prefix = '' } = connection;
  const named = topics.topics.map((topic) => ({ ...topic, name: prefix + topic.name }));
  await checkTopics(connection, { ...topics, topics: named }, options);
  return { bus: new KafkaBus(connection, bus), consumers: new KafkaBusServer(connection, consumers) };
}
