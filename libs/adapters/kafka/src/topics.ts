import { setTimeout as pause } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
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
  /** How long to wait for brokers that are still coming up. */
  readonly startMilliseconds?: number;
}

/**
 * Makes the topics that are not there and compares the others with the settings.
 * Fails with KafkaUnusable: one sentence that says what differs or cannot be had.
 */
export async function checkTopics(
  connection: KafkaConnection,
  settings: TopicsSettings,
  { startMilliseconds = 60_000 }: CheckOptions = {},
): Promise<void> {
  const { minInSync = 1, replication = minInSync } = settings;
  if (minInSync > replication)
    throw new KafkaUnusable(
      `min.insync.replicas is ${minInSync} and replication ${replication}: nothing could ever be written. Lower the one or raise the other.`,
    );
  const end = Date.now() + startMilliseconds;
  for (;;) {
    const admin = kafkaClient(connection).admin();
    try {
      await admin.connect();
      await check(admin, settings);
      return;
    } catch (error) {
      const hopeless = error instanceof KafkaUnusable ? error : unusable(error, connection.brokers);
      if (hopeless) throw hopeless;
      if (Date.now() > end)
        throw new KafkaUnusable(
          `Kafka at ${connection.brokers.join(', ')} cannot be used after ${startMilliseconds} ms (${reasonOf(error)}): see that it runs, that the address is right, and that TLS and SASL are as that listener has them.`,
          true,
        );
      await pause(AGAIN_MILLISECONDS);
    } finally {
      await admin.disconnect().catch(() => undefined);
    }
  }
}

/** Throws what is not settled yet too, as a topic whose leader is being elected: it is looked at again. */
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
      `Kafka has ${brokers.length} broker(s), so topics cannot have ${replication} replicas each, ${settings.minInSync ?? 1} in sync: start the others, or set another replication.`,
    );
  try {
    const topics = missing.map((topic) => topicToMake(topic, settings, brokers.length));
    await admin.createTopics({ topics, waitForLeaders: true });
    logger.log(`Made the topics ${missing.map(({ name }) => name).join(', ')}, with ${replication} copies of each.`);
    if (replication === 1)
      logger.warn('Kafka keeps one copy of every message: a broker that is lost takes what it has with it.');
  } catch (error) {
    // Another process was first; or they are made, and not every broker knows them yet. The metadata will tell.
    if (!['TOPIC_ALREADY_EXISTS', 'UNKNOWN_TOPIC_OR_PARTITION'].includes(typeOf(error) ?? '')) throw error;
  }
}

/** Brokers come up one after the other, so this is waited for. */
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
