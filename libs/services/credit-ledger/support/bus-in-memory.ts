import { deadLettersOf, JOBS_DECISIONS, JOBS_LIFECYCLE, type JobDecision } from '@tallystick/contracts/ledger';
import { Bus, type Message, type ReceivedMessage } from '@tallystick/eventing';

const PARTITIONS = 3;

/** A bus as Kafka is one: keys are hashed to partitions, and the first of these may be empty. */
export class BusInMemory extends Bus {
  readonly published: ReceivedMessage[] = [];
  /** Runs just before messages are added to the topic, as another process would. */
  beforePublish: (topic: string) => Promise<void> = async () => undefined;

  override async publish(topic: string, messages: readonly Message[]): Promise<void> {
    await this.beforePublish(topic);
    for (const message of messages) {
      const partition = (message.key.length + 1) % PARTITIONS;
      const offset = String(this.in(topic, partition).length);
      this.published.push({ ...message, topic, partition, offset, timestamp: Date.now() });
    }
  }

  override async browse(
    topic: string,
    from: { readonly partition: number; readonly offset: string },
    limit: number,
  ): Promise<readonly ReceivedMessage[]> {
    const first = Number(from.offset);
    return this.in(topic, from.partition).slice(first, first + limit);
  }

  override async partitions(topic: string): Promise<number> {
    return this.published.some((message) => message.topic === topic) ? PARTITIONS : 0;
  }

  override async close(): Promise<void> {}

  get decisions(): JobDecision[] {
    return this.on(JOBS_DECISIONS).map(({ value }) => JSON.parse(Buffer.from(value).toString()) as JobDecision);
  }

  get letters(): ReceivedMessage[] {
    return this.on(deadLettersOf(JOBS_LIFECYCLE));
  }

  private on = (topic: string) => this.published.filter((message) => message.topic === topic);
  private in = (topic: string, partition: number) =>
    this.on(topic).filter((message) => message.partition === partition);
}
