import {
  Kafka,
  logLevel,
  Partitioners,
  type Consumer,
  type ICustomPartitioner,
  type Message,
  type Producer,
} from 'kafkajs';

const RETRY = { initialRetryTime: 100, maxRetryTime: 1_000, retries: 20 };

/** A third-party program on the same Kafka: plain kafkajs without code of the product. */
export class ThirdPartyClient {
  readonly kafka: Kafka;
  private readonly consumers: Consumer[] = [];
  private producing: Promise<Producer> | undefined;
  private readonly partitions = new WeakMap<Message, number>();

  constructor(
    addresses: readonly string[],
    private readonly prefix: string,
  ) {
    this.kafka = new Kafka({
      brokers: [...addresses],
      clientId: 'foreign',
      logLevel: logLevel.NOTHING,
      retry: RETRY,
    });
  }

  nameOf(topic: string): string {
    return this.prefix + topic;
  }

  /** Sends with the default partitioner and retries until the brokers confirm. Messages can be duplicated. */
  async send(topic: string, messages: readonly Message[], more: object = {}): Promise<void> {
    for (let attempt = 1; ; attempt++)
      try {
        const producer = await (this.producing ??= this.producer());
        const confirmed = await producer.send({
          topic: this.nameOf(topic),
          messages: [...messages],
          acks: -1,
          ...more,
        });
        // kafkajs resolves without the partitions whose leader it lost between two of its attempts.
        const missing = messages.filter(
          (message) => !confirmed.some((it) => it.partition === this.partitions.get(message)),
        );
        if (missing.length > 0) throw new Error(`${missing.length} messages for ${topic} were not confirmed`);
        return;
      } catch (error) {
        this.producing = undefined;
        if (attempt === RETRY.retries) throw error;
      }
  }

  /** Reads all messages from the first one, in a separate consumer group. */
  async read(topic: string, group: string, take: (message: ThirdPartyMessage) => void): Promise<void> {
    const consumer = this.kafka.consumer({ groupId: `foreign.${group}`, sessionTimeout: 6_000 });
    this.consumers.push(consumer);
    await consumer.connect();
    await consumer.subscribe({ topics: [this.nameOf(topic)], fromBeginning: true });
    await consumer.run({ eachMessage: async ({ partition, message }) => take({ ...message, partition }) });
  }

  /** Number of messages that the group has not committed. */
  async lag(group: string, topic: string): Promise<number> {
    return this.administering(async (admin) => {
      const ends = await admin.fetchTopicOffsets(this.nameOf(topic));
      const [committed] = await admin.fetchOffsets({
        groupId: this.nameOf(group),
        topics: [this.nameOf(topic)],
      });
      const at = new Map(committed!.partitions.map(({ partition, offset }) => [partition, Number(offset)]));
      return ends.reduce((sum, { partition, low, high }) => {
        const next = Math.max(at.get(partition) ?? -1, Number(low));
        return sum + Number(high) - next;
      }, 0);
    });
  }

  /** Resets the offsets of a group without members. */
  async rewind(group: string, topic: string): Promise<void> {
    await this.administering((admin) =>
      admin.resetOffsets({ groupId: this.nameOf(group), topic: this.nameOf(topic), earliest: true }),
    );
  }

  async members(group: string): Promise<number> {
    return this.administering(async (admin) => {
      const { groups } = await admin.describeGroups([this.nameOf(group)]);
      return groups[0]!.members.length;
    });
  }

  /** Ids of the brokers that lead partitions of the topic, the one with the most partitions first. */
  async leaders(topic: string): Promise<number[]> {
    return this.administering(async (admin) => {
      const { topics } = await admin.fetchTopicMetadata({ topics: [this.nameOf(topic)] });
      const led = new Map<number, number>();
      for (const { leader } of topics[0]!.partitions) led.set(leader, (led.get(leader) ?? 0) + 1);
      return [...led].sort(([, a], [, b]) => b - a).map(([id]) => id);
    });
  }

  async close(): Promise<void> {
    await Promise.allSettled([
      ...this.consumers.map((consumer) => consumer.disconnect()),
      this.producing?.then((producer) => producer.disconnect()),
    ]);
  }

  private async producer(): Promise<Producer> {
    const createPartitioner: ICustomPartitioner = () => {
      const partitionOf = Partitioners.DefaultPartitioner();
      return (message) => {
        const partition = partitionOf(message);
        this.partitions.set(message.message, partition);
        return partition;
      };
    };
    const producer = this.kafka.producer({ createPartitioner });
    await producer.connect();
    return producer;
  }

  private async administering<T>(ask: (admin: ReturnType<Kafka['admin']>) => Promise<T>): Promise<T> {
    const admin = this.kafka.admin();
    try {
      await admin.connect();
      return await ask(admin);
    } finally {
      await admin.disconnect().catch(() => undefined);
    }
  }
}

export interface ThirdPartyMessage {
  readonly partition: number;
  readonly offset: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers?: import('kafkajs').IHeaders;
}
