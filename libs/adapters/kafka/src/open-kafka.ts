import type { KafkaConnection } from './connection';
import { KafkaBus, type KafkaBusOptions } from './kafka-bus';
import type { TopicsSettings } from './topic-settings';
import { checkTopics, type CheckOptions } from './topics';

export interface KafkaOptions extends CheckOptions {
  readonly connection: KafkaConnection;
  readonly topics: TopicsSettings;
  readonly bus?: KafkaBusOptions;
}

/** Checks or creates the topics and opens the sending side of the bus. Rejects with KafkaUnusable. */
export async function openKafka(options: KafkaOptions): Promise<KafkaBus> {
  const { connection, topics, bus } = options;
  const { prefix = '' } = connection;
  const named = topics.topics.map((topic) => ({ ...topic, name: prefix + topic.name }));
  await checkTopics(connection, { ...topics, topics: named }, options);
  return new KafkaBus(connection, bus);
}
