import { Logger } from '@nestjs/common';
import { pause, systemClock } from '@tallystick/runtime';
import { ConfigResourceTypes, type Admin } from 'kafkajs';
import { kafkaClient, type KafkaConnection } from './connection';
import { KafkaUnusable, reasonOf, typeOf, unusable } from './failures';
import {
  CHECKED,
  differencesOf,
  replicationOf,
  topicToMake,
  type FoundTopic,
  type TopicsSettings,
} from './topic-settings';

const logger = new Logger('Kafka');
const AGAIN_MILLISECONDS = 250;

export interface CheckOptions {
  /** How long to wait for brokers that are starting. */
  readonly startMilliseconds?: number;
}

/**
 * Creates missing topics and compares existing ones with the settings. Rejects with KafkaUnusable if they differ or the
 * brokers cannot be used.
 */
export async function checkTopics(
  connection: KafkaConnection,
  settings: TopicsSettings,
  { startMilliseconds = 60_000 }: CheckOptions = {},
): Promise<void> {
  const { minInSync = 1, replication = minInSync } = settings;
  if (minInSync > replication)
    throw new KafkaUnusable(
      `min.insync.replicas is ${minInSync} and replication ${replication}: no message could be written. Lower min.insync.replicas or raise the replication.`,
    );
  const end = systemClock.monotonic() + startMilliseconds;
  for (;;) {
    const admin = kafkaClient(connection).admin();
    try {
      await admin.connect();
      await check(admin, settings);
      return;
    } catch (error) {
      const hopeless = error instanceof KafkaUnusable ? error : unusable(error, connection.brokers);
      if (hopeless) throw hopeless;
      if (systemClock.monotonic() > end)
        throw new KafkaUnusable(
          `Kafka at ${connection.brokers.join(', ')} cannot be used after ${startMilliseconds} ms (${reasonOf(error)}): check that it runs, the address, and that TLS and SASL are set as for that listener.`,
          true,
        );
      await pause(AGAIN_MILLISECONDS);
    } finally {
      await admin.disconnect().catch(() => undefined);
    }
  }
}

/** Also throws on temporary states, such as a topic without a leader: the caller retries. */
async function check(admin: Admin, settings: TopicsSettings): Promise<void> {
  const there = new Set(await admin.listTopics());
  const missing = settings.topics.filter(({ name }) => !there.has(name));
  if (missing.length > 0) await make(admin, settings, missing);
  const found = await describe(
    admin,
    settings.topics.map(({ name }) => name),
  );
  const differences = settings.topics.flatMap((topic) => differencesOf(found.get(topic.name)!, topic, settings));
  if (differences.length > 0)
    throw new KafkaUnusable(
      `${differences.join('; ')}. Change the settings, or the topics with kafka-configs.sh and kafka-reassign-partitions.sh.`,
    );
}

async function make(admin: Admin, settings: TopicsSettings, missing: TopicsSettings['topics']): Promise<void> {
  const { brokers } = await admin.describeCluster();
  const replication = replicationOf(settings, brokers.length);
  if (brokers.length < Math.max(replication, settings.minInSync ?? 1))
    throw new NotEnoughBrokers(
      `Kafka has ${brokers.length} broker(s), so topics cannot have ${replication} replicas each, ${settings.minInSync ?? 1} in sync: start the other brokers, or lower the replication.`,
    );
  try {
    const topics = missing.map((topic) => topicToMake(topic, settings, brokers.length));
    await admin.createTopics({ topics, waitForLeaders: true });
    logger.log(`Created the topics ${missing.map(({ name }) => name).join(', ')}, with ${replication} copies of each.`);
    if (replication === 1)
      logger.warn(
        'Kafka stores one copy of every message: if a broker is lost, its messages are lost. Raise the replication.',
      );
  } catch (error) {
    // Another process was first, or not every broker knows the new topics yet. The metadata is read again.
    if (!['TOPIC_ALREADY_EXISTS', 'UNKNOWN_TOPIC_OR_PARTITION'].includes(typeOf(error) ?? '')) throw error;
  }
}

/** Transient while brokers are starting. */
class NotEnoughBrokers extends Error {}

async function describe(admin: Admin, names: string[]): Promise<Map<string, FoundTopic>> {
  const { topics } = await admin.fetchTopicMetadata({ topics: names });
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: names.map((name) => ({ type: ConfigResourceTypes.TOPIC, name, configNames: CHECKED })),
  });
  const configs = new Map(
    resources.map(({ resourceName, configEntries }) => [
      resourceName,
      Object.fromEntries(configEntries.map(({ configName, configValue }) => [configName, configValue])),
    ]),
  );
  return new Map(
    topics.map(({ name, partitions }) => {
      const replication = Math.min(...partitions.map(({ replicas }) => replicas.length));
      return [name, { name, replication, config: configs.get(name) ?? {} }];
    }),
  );
}
