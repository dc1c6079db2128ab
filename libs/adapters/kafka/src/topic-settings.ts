import type { ITopicConfig } from 'kafkajs';

export interface TopicSettings {
  readonly name: string;
  /** Milliseconds, else that of all topics. */
  readonly retentionMilliseconds?: number;
  /** The largest batch of messages that the topic takes, else that of all topics. */
  readonly maxMessageBytes?: number;
}

export interface TopicsSettings {
  readonly topics: readonly TopicSettings[];
  /** Of a topic that is made; one that is there may have another number. */
  readonly partitions: number;
  /** Unset: 3, or as many as there are brokers; a topic that is there may have another number. */
  readonly replication?: number;
  /** How many replicas a message is on before it counts as taken. Unset: one less than there are, at least 1. */
  readonly minInSync?: number;
  readonly retentionMilliseconds: number;
  readonly maxMessageBytes?: number;
}

const USUAL_REPLICATION = 3;

/** Replicas of a topic that is made in a cluster of so many brokers. */
export const replicationOf = ({ replication }: TopicsSettings, brokers: number): number =>
  replication ?? Math.min(USUAL_REPLICATION, brokers);

/** A topic as the brokers have it. */
export interface FoundTopic {
  readonly name: string;
  readonly replication: number;
  readonly config: Readonly<Record<string, string>>;
}

const MAX_MESSAGE_BYTES = 1_048_588;
/** kafkajs reads these; with any other one a single foreign message would stop a topic. */
const READABLE = new Set(['uncompressed', 'gzip']);

export function topicToMake(topic: TopicSettings, settings: TopicsSettings, brokers: number): ITopicConfig {
  const replicationFactor = replicationOf(settings, brokers);
  const entries = {
    'min.insync.replicas': settings.minInSync ?? Math.max(1, replicationFactor - 1),
    'retention.ms': topic.retentionMilliseconds ?? settings.retentionMilliseconds,
    'max.message.bytes': maxBytesOf(topic, settings),
    'cleanup.policy': 'delete',
    // The brokers unpack what foreign producers compress, so a message is never larger than it looks and can always be read.
    'compression.type': 'uncompressed',
    // A producer's wrong clock would let messages expire at once, or never.
    'message.timestamp.type': 'LogAppendTime',
  };
  return {
    topic: topic.name,
    numPartitions: settings.partitions,
    replicationFactor,
    configEntries: Object.entries(entries).map(([name, value]) => ({ name, value: String(value) })),
  };
}

/** What keeps us from working with a topic as it is, one sentence each; empty when it fits. */
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
