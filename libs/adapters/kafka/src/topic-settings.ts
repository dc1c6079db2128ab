import type { ITopicConfig } from 'kafkajs';

export interface TopicSettings {
  readonly name: string;
  /** Retention in milliseconds. Default: that of all topics. */
  readonly retentionMilliseconds?: number;
  /** Largest batch of messages. Default: that of all topics. */
  readonly maxMessageBytes?: number;
}

export interface TopicsSettings {
  readonly topics: readonly TopicSettings[];
  /** Partitions of new topics. Existing topics may have another number. */
  readonly partitions: number;
  /** Replicas of new topics. Default: 3, or the number of brokers if lower. Existing topics may have another number. */
  readonly replication?: number;
  /** Replicas that must have a message before it is confirmed. Default: one less than `replication`, at least 1. */
  readonly minInSync?: number;
  readonly retentionMilliseconds: number;
  readonly maxMessageBytes?: number;
}

const USUAL_REPLICATION = 3;

/** Replicas of a new topic in a cluster with this number of brokers. */
export const replicationOf = ({ replication }: TopicsSettings, brokers: number): number =>
  replication ?? Math.min(USUAL_REPLICATION, brokers);

/** Settings of an existing topic. */
export interface FoundTopic {
  readonly name: string;
  readonly replication: number;
  readonly config: Readonly<Record<string, string>>;
}

const MAX_MESSAGE_BYTES = 1_048_588;
/** Compression types that kafkajs can read. With others, one message of another producer would stop a topic. */
const READABLE = new Set(['uncompressed', 'gzip']);

export function topicToMake(topic: TopicSettings, settings: TopicsSettings, brokers: number): ITopicConfig {
  const replicationFactor = replicationOf(settings, brokers);
  const entries = {
    'min.insync.replicas': settings.minInSync ?? Math.max(1, replicationFactor - 1),
    'retention.ms': topic.retentionMilliseconds ?? settings.retentionMilliseconds,
    'max.message.bytes': maxBytesOf(topic, settings),
    'cleanup.policy': 'delete',
    // The brokers decompress messages of other producers, so sizes are known and every message can be read.
    'compression.type': 'uncompressed',
    // With producer timestamps, a wrong clock would make messages expire immediately or never.
    'message.timestamp.type': 'LogAppendTime',
  };
  return {
    topic: topic.name,
    numPartitions: settings.partitions,
    replicationFactor,
    configEntries: Object.entries(entries).map(([name, value]) => ({ name, value: String(value) })),
  };
}

/** Differences that prevent the use of a topic, one sentence each. Empty if the topic fits. */
export function differencesOf(found: FoundTopic, topic: TopicSettings, settings: TopicsSettings): string[] {
  const { name, config, replication } = found;
  const differences: string[] = [];
  const differs = (what: string, is: unknown, wanted: unknown) =>
    differences.push(`${name}: ${what} is ${String(is)} on the brokers and ${String(wanted)} in the settings`);
  const retention = topic.retentionMilliseconds ?? settings.retentionMilliseconds;
  const maxBytes = maxBytesOf(topic, settings);
  if (replication !== (settings.replication ?? replication)) differs('replication', replication, settings.replication);
  const inSync = Number(config['min.insync.replicas']);
  if (inSync !== (settings.minInSync ?? inSync))
    differs('min.insync.replicas', config['min.insync.replicas'], settings.minInSync);
  if (Number(config['retention.ms']) !== retention) differs('retention.ms', config['retention.ms'], retention);
  if (Number(config['max.message.bytes']) < maxBytes)
    differs('max.message.bytes', config['max.message.bytes'], `at least ${maxBytes}`);
  if (config['cleanup.policy'] !== 'delete') differs('cleanup.policy', config['cleanup.policy'], 'delete');
  if (!READABLE.has(config['compression.type'] ?? ''))
    differs('compression.type', config['compression.type'], 'uncompressed');
  return differences;
}

const maxBytesOf = (topic: TopicSettings, settings: TopicsSettings): number =>
  topic.maxMessageBytes ?? settings.maxMessageBytes ?? MAX_MESSAGE_BYTES;

export const CHECKED = [
  'min.insync.replicas',
  'retention.ms',
  'max.message.bytes',
  'cleanup.policy',
  'compression.type',
];
