import { type CustomTransportStrategy, type MessageHandler, Server } from '@nestjs/microservices';
import type { BatchContext, ReceivedMessage } from '@tallystick/eventing';
import type { Kafka } from 'kafkajs';
import { isObservable, lastValueFrom } from 'rxjs';
import { BatchDelivery } from './batch-delivery';
import { kafkaClient, type KafkaConnection } from './connection';
import { reasonOf } from './failures';
import { takeOverOffsets } from './former-groups';
import { GroupConsumer } from './group-consumer';

const DEFAULTS = {
  /** Messages per batch. */
  maxBatch: 500,
  /** Partitions that are processed at the same time. */
  concurrency: 16,
  /** Time without a heartbeat after which the partitions of a member are reassigned. */
  sessionMilliseconds: 10_000,
  heartbeatMilliseconds: 1_000,
  /** How long a rebalance waits for a member that processes a batch. */
  rebalanceMilliseconds: 30_000,
  /** Time after which a handler without heartbeats loses its partition. */
  handlerMilliseconds: 300_000,
  /** How long a broker waits for messages before it sends an empty response. */
  fetchMilliseconds: 500,
  /** Delay between retries. The longest one is also how late a partition notices that its store has recovered. */
  retry: { firstMilliseconds: 200, maxMilliseconds: 1_000 },
  restart: { firstMilliseconds: 200, maxMilliseconds: 1_000 },
};
/** A take-over that finds members in the group is tried again this often: another replica may be copying the offsets. */
const TAKE_OVER_ATTEMPTS = 20;

export type KafkaBusServerOptions = Partial<typeof DEFAULTS> & {
  /** Groups of an earlier version. For a topic without committed offsets the group takes over theirs. */
  readonly formerGroups?: readonly string[];
  /** The full name of the consumer group. Each group receives every message; a new group starts with the oldest message. */
  readonly group: string;
};

/** `failing`: delivery of a batch is being retried, or the group cannot be reached. */
export type KafkaBusServerStatus = 'stopped' | 'ready' | 'failing';

/** Consumer side of Kafka, as a Nest transport for handlers with `@EventPattern(topic, { batch: true })`. */
export class KafkaBusServer
  extends Server<Record<string, never>, KafkaBusServerStatus>
  implements CustomTransportStrategy
{
  override readonly propagatesEventHandlerErrors = true;
  private readonly settings: typeof DEFAULTS & { readonly group: string; readonly formerGroups: readonly string[] };
  private readonly kafka: Kafka;
  private readonly prefix: string;
  /** Reason of the last failure, by partition. */
  private readonly failing = new Map<string, string>();
  /** Reason of the consumer's last end, until it is a member again. */
  private ended: string | undefined;
  private delivery: BatchDelivery | undefined;
  private consumer: GroupConsumer | undefined;

  constructor(connection: KafkaConnection, options: KafkaBusServerOptions) {
    super();
    this.prefix = connection.prefix ?? '';
    const formerGroups = (options.formerGroups ?? []).map((group) => this.prefix + group);
    this.settings = { ...DEFAULTS, ...options, group: this.prefix + options.group, formerGroups };
    this.kafka = kafkaClient(connection);
  }

  /** True if this process is a member of the group and no partition is failing. */
  get ready(): boolean {
    return this.consumer?.isMember === true && this.failing.size === 0;
  }

  override listen(callback: () => void): void {
    const topics = [...this.messageHandlers.keys()].map((topic) => this.prefix + topic);
    const delivery = (this.delivery = new BatchDelivery({ ...this.settings, ...this.reports() }));
    if (topics.length > 0) {
      this.consumer = new GroupConsumer(this.kafka, {
        ...this.settings,
        topics,
        retry: this.settings.restart,
        prepare: this.takeOver(topics),
        eachBatch: delivery.take,
        joined: (assignment) => {
          this.ended = undefined;
          delivery.forgetFailures((place) => isAmong(assignment, place));
          this.publishStatus();
        },
        ended: (thrown, wait) => {
          const reason = reasonOf(thrown);
          if (this.ended !== reason)
            this.logger.warn(`${this.settings.group}: the consumer has ended and restarts in ${wait} ms: ${reason}`);
          this.ended = reason;
        },
        changed: () => this.publishStatus(),
      });
      this.consumer.start();
    }
    callback();
  }

  /** Resolves when the current batches are done and committed. */
  override async close(): Promise<void> {
    const { consumer } = this;
    this.delivery?.stop();
    this.consumer = undefined;
    await consumer?.stop();
    this.failing.clear();
    this._status$.next('stopped');
  }

  override on(): void {}

  override unwrap<T>(): T {
    return this.kafka as T;
  }

  /** Takes over the offsets of the former groups once, before the first consumer joins the group. */
  private takeOver(topics: readonly string[]): () => Promise<void> {
    let attempts = this.settings.formerGroups.length > 0 ? TAKE_OVER_ATTEMPTS : 0;
    return async () => {
      if (attempts === 0) return;
      if (await takeOverOffsets(this.kafka, { ...this.settings, topics })) attempts = 0;
      else if (--attempts > 0) throw new Error('the group has members; its offsets are taken over when it has none');
    };
  }

  private reports() {
    return {
      nameOf: (topic: string) => topic.slice(this.prefix.length),
      isBatch: (topic: string) => this.messageHandlers.get(topic)!.extras?.['batch'] === true,
      handle: (topic: string, payload: ReceivedMessage | readonly ReceivedMessage[], context: BatchContext) =>
        handle(this.messageHandlers.get(topic)!, payload, context),
      failed: (place: string, error: unknown, from: string, count: number, wait: number) => {
        const reason = reasonOf(error);
        // Logs each reason once, not each attempt.
        if (this.failing.get(place) !== reason)
          this.logger.warn(
            `${place}: ${count} messages from offset ${from} failed. Next retry in ${wait} ms: ${reason}`,
          );
        this.failing.set(place, reason);
        this.publishStatus();
      },
      recovered: (place: string) => {
        if (this.failing.delete(place)) this.logger.log(`${place}: messages are processed again`);
        this.publishStatus();
      },
      stuck: (place: string) =>
        this.logger.error(
          `${place}: a handler has sent no heartbeat for ${this.settings.handlerMilliseconds} ms, so the group reassigns its messages. Restart this process if it does not recover.`,
        ),
    };
  }

  private publishStatus(): void {
    if (this.consumer) this._status$.next(this.ready ? 'ready' : 'failing');
  }
}

async function handle(handler: MessageHandler, payload: unknown, context: unknown): Promise<void> {
  const result: unknown = await handler(payload, context);
  if (isObservable(result)) await lastValueFrom(result, { defaultValue: undefined });
}

function isAmong(assignment: Readonly<Record<string, readonly number[]>>, place: string): boolean {
  const at = place.lastIndexOf('/');
  return assignment[place.slice(0, at)]?.includes(Number(place.slice(at + 1))) === true;
}
