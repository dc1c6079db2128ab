import { BusUnavailable, type ReceivedMessage } from '@tallystick/eventing';
import type { Cluster, Kafka, KafkaMessage, PartitionAssigner } from 'kafkajs';
import { RETRY } from './connection';
import { reasonOf, typeOf } from './failures';
import { toReceived } from './messages';

const FETCH_BYTES = 1_048_576;
const READ_COMMITTED = 1;
/** The second attempt uses new connections. */
const ATTEMPTS = 2;

interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}
type Fetched = KafkaMessage & { readonly isControlRecord?: boolean };
interface FetchAnswer {
  readonly responses: readonly {
    readonly partitions: readonly { readonly messages: readonly Fetched[] }[];
  }[];
}

/**
 * Reads a partition from an offset on, without a consumer group. kafkajs passes its cluster only to partition
 * assigners.
 */
export class TopicReader {
  private clusters = new Map<string, Promise<Cluster>>();

  constructor(private readonly kafka: Kafka) {}

  read(topic: string, partition: number, from: string, limit: number): Promise<readonly ReceivedMessage[]> {
    return this.withCluster(topic, (cluster) => this.page(cluster, { topic, partition }, from, limit));
  }

  /** Current number of partitions, from the brokers: partitions may be added at any time. */
  partitions(topic: string): Promise<number> {
    return this.withCluster(topic, async (cluster) => {
      await cluster.refreshMetadata();
      return cluster.findTopicPartitionMetadata(topic).length;
    }).catch((error: unknown) => {
      if (typeOf(error) === 'UNKNOWN_TOPIC_OR_PARTITION') return 0;
      throw error;
    });
  }

  async close(): Promise<void> {
    for (const topic of [...this.clusters.keys()]) await this.forget(topic);
  }

  private async withCluster<T>(topic: string, ask: (cluster: Cluster) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++)
      try {
        return await ask(await this.cluster(topic));
      } catch (error) {
        await this.forget(topic);
        if (attempt === ATTEMPTS)
          throw new BusUnavailable(`${topic} of Kafka cannot be read: ${reasonOf(error)}`, { cause: error });
      }
  }

  private async page(
    cluster: Cluster,
    place: TopicPartition,
    from: string,
    limit: number,
  ): Promise<readonly ReceivedMessage[]> {
    const { topic, partition } = place;
    const known = cluster.findTopicPartitionMetadata(topic);
    if (!known.some(({ partitionId }) => partitionId === partition)) return [];
    const messages: ReceivedMessage[] = [];
    let next: string | undefined = from;
    while (next !== undefined && messages.length < limit) {
      const page: readonly Fetched[] = await this.fetch(cluster, place, next);
      for (const message of page) if (!message.isControlRecord) messages.push(toReceived(topic, partition, message));
      next = page.length === 0 ? undefined : String(BigInt(page[page.length - 1]!.offset) + 1n);
    }
    return messages.slice(0, limit);
  }

  /** Returns nothing at the end. If retention has removed the offset, starts with the oldest message. */
  private async fetch(cluster: Cluster, place: TopicPartition, from: string): Promise<readonly Fetched[]> {
    const { topic, partition } = place;
    const [nodeId] = Object.keys(cluster.findLeaderForPartitions(topic, [partition]));
    const broker = await cluster.findBroker({ nodeId: nodeId! });
    const request = (fetchOffset: string) => ({
      maxWaitTime: 0,
      minBytes: 0,
      maxBytes: FETCH_BYTES,
      isolationLevel: READ_COMMITTED,
      topics: [{ topic, partitions: [{ partition, fetchOffset, maxBytes: FETCH_BYTES }] }],
    });
    try {
      return messagesIn(await broker.fetch(request(from)), from);
    } catch (error) {
      if (typeOf(error) !== 'OFFSET_OUT_OF_RANGE') throw error;
      const [oldest] = await cluster.fetchTopicsOffset([{ topic, partitions: [{ partition }], fromBeginning: true }]);
      const { offset } = oldest!.partitions[0]!;
      if (BigInt(from) > BigInt(offset)) return [];
      return messagesIn(await broker.fetch(request(offset)), offset);
    }
  }

  /** One cluster per topic, because a missing topic makes requests for the others fail. */
  private cluster(topic: string): Promise<Cluster> {
    const known = this.clusters.get(topic);
    if (known) return known;
    let taken: Cluster | undefined;
    const taking: PartitionAssigner = ({ cluster }) => {
      taken = cluster;
      return { name: 'none', version: 0, assign: async () => [], protocol: () => NOTHING };
    };
    this.kafka.consumer({
      groupId: 'tallystick.browse',
      partitionAssigners: [taking],
      allowAutoTopicCreation: false,
      retry: { ...RETRY },
    });
    const cluster = taken!;
    const opened = cluster
      .connect()
      .then(() => cluster.addTargetTopic(topic))
      .then(() => cluster);
    this.clusters.set(topic, opened);
    return opened;
  }

  private async forget(topic: string): Promise<void> {
    const cluster = this.clusters.get(topic);
    this.clusters.delete(topic);
    await cluster?.then(
      (it) => it.disconnect(),
      () => undefined,
    );
  }
}

const NOTHING = { name: 'none', metadata: Buffer.alloc(0) };

/** Brokers send whole batches, which may start before the requested offset. */
const messagesIn = ({ responses }: FetchAnswer, from: string): readonly Fetched[] =>
  responses
    .flatMap(({ partitions }) => partitions.flatMap(({ messages }) => messages))
    .filter(({ offset }) => BigInt(offset) >= BigInt(from));
