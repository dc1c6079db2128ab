import { Bus, BusUnavailable, type Message, type ReceivedMessage } from '@tallystick/eventing';
import type { Kafka } from 'kafkajs';
import { kafkaClient, type KafkaConnection } from './connection';
import { bytesOf } from './messages';
import { TopicReader } from './topic-reader';
import { TopicSender, type SenderSettings } from './topic-sender';

const DEFAULTS = {
  /** A little below the default limit of a topic. */
  requestBytes: 900_000,
  publishMilliseconds: 20_000,
  /** Limit for a message, which is checked before it is sent. Dead letters are a little larger than their messages. */
  maxMessageBytes: 1_048_576 + 65_536,
} satisfies SenderSettings & { maxMessageBytes: number };
export type KafkaBusOptions = Partial<typeof DEFAULTS>;

/** Producer side of Kafka. When `publish` resolves, every message is on all in-sync replicas. */
export class KafkaBus extends Bus {
  private readonly kafka: Kafka;
  private readonly prefix: string;
  private readonly reader: TopicReader;
  private readonly senders = new Map<string, TopicSender>();
  private readonly settings: typeof DEFAULTS;
  private closed = false;

  /** Connects on first use. */
  constructor(connection: KafkaConnection, options: KafkaBusOptions = {}) {
    super();
    this.kafka = kafkaClient(connection);
    this.prefix = connection.prefix ?? '';
    this.reader = new TopicReader(this.kafka);
    this.settings = { ...DEFAULTS, ...options };
  }

  override async publish(topic: string, messages: readonly Message[]): Promise<void> {
    if (this.closed) throw new BusUnavailable('The bus is closed.');
    if (messages.length === 0) return;
    const { maxMessageBytes } = this.settings;
    const large = messages.find((message) => bytesOf(message) > maxMessageBytes);
    if (large)
      throw new Error(
        `A message for ${topic} has ${bytesOf(large)} bytes, which is over the limit of ${maxMessageBytes}: nothing of its batch was sent.`,
      );
    await this.sender(topic).publish(messages);
  }

  override async browse(
    topic: string,
    from: { readonly partition: number; readonly offset: string },
    limit: number,
  ): Promise<readonly ReceivedMessage[]> {
    if (this.closed) throw new BusUnavailable('The bus is closed.');
    const found = await this.reader.read(this.prefix + topic, from.partition, from.offset, limit);
    return this.prefix === '' ? found : found.map((message) => ({ ...message, topic }));
  }

  override async partitions(topic: string): Promise<number> {
    if (this.closed) throw new BusUnavailable('The bus is closed.');
    return this.reader.partitions(this.prefix + topic);
  }

  override async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    await Promise.all([...[...this.senders.values()].map((sender) => sender.close()), this.reader.close()]);
  }

  private sender(topic: string): TopicSender {
    const known = this.senders.get(topic) ?? new TopicSender(this.kafka, this.prefix + topic, this.settings);
    this.senders.set(topic, known);
    return known;
  }
}
