import { type CustomTransportStrategy, type MessageHandler, Server } from '@nestjs/microservices';
import { isObservable, lastValueFrom } from 'rxjs';
import type { EmbeddedBus } from './embedded-bus';
import { PartitionConsumer } from './partition-consumer';

const DEFAULTS = {
  /** Consumer group. Each group receives every message; a new group starts with the oldest message. */
  group: 'tallystick',
  /** Groups of an earlier version. A group without a position starts where the first of them stood. */
  formerGroups: [] as readonly string[],
  maxBatch: 500,
  /** Delay between retries. The longest one is also how late a partition notices that its store has recovered. */
  retry: { firstMilliseconds: 200, maxMilliseconds: 1_000 },
};
export type EmbeddedBusServerOptions = Partial<typeof DEFAULTS>;

/** `failing`: delivery of a batch is being retried. */
export type BusServerStatus = 'stopped' | 'ready' | 'failing';

/** Consumer side of the embedded bus, as a Nest transport for handlers with `@EventPattern(topic, { batch: true })`. */
export class EmbeddedBusServer
  extends Server<Record<string, never>, BusServerStatus>
  implements CustomTransportStrategy
{
  override readonly propagatesEventHandlerErrors = true;
  private readonly settings: typeof DEFAULTS;
  /** Reason of the last failure, by consumer. */
  private readonly failing = new Map<PartitionConsumer, string>();
  private consumers: PartitionConsumer[] = [];
  private listening = false;

  constructor(
    private readonly bus: EmbeddedBus,
    options: EmbeddedBusServerOptions = {},
  ) {
    super();
    this.settings = { ...DEFAULTS, ...options };
  }

  get ready(): boolean {
    return this.listening && this.failing.size === 0 && this.bus.fault === undefined;
  }

  /** Whether all messages of its topics are handled. */
  isIdle(): boolean {
    return this.consumers.every((consumer) => consumer.isIdle);
  }

  async untilIdle(signal: AbortSignal): Promise<void> {
    await Promise.all(this.consumers.map((consumer) => consumer.untilIdle(signal)));
  }

  override listen(callback: () => void): void {
    this.consumers = [...this.messageHandlers].flatMap(([topic, handler]) =>
      this.bus.partitionNumbers.map((partition) => this.consumer(topic, partition, handler)),
    );
    for (const consumer of this.consumers) consumer.start();
    this.listening = true;
    this._status$.next('ready');
    callback();
  }

  override async close(): Promise<void> {
    this.listening = false;
    await Promise.all(this.consumers.map((consumer) => consumer.stop()));
    this.consumers = [];
    this.failing.clear();
    this._status$.next('stopped');
  }

  override on(): void {}

  override unwrap<T>(): T {
    return this.bus as T;
  }

  private consumer(topic: string, partition: number, handler: MessageHandler): PartitionConsumer {
    const report = (reason?: string) => {
      if (reason !== undefined) this.failing.set(consumer, reason);
      else this.failing.delete(consumer);
      if (this.listening) this._status$.next(this.ready ? 'ready' : 'failing');
    };
    const consumer: PartitionConsumer = new PartitionConsumer(this.bus, {
      ...this.settings,
      topic,
      partition,
      isBatch: handler.extras?.['batch'] === true,
      handle: (payload, context) => this.handle(handler, payload, context),
      failed: (error, from, count, wait) => {
        const what = count > 0 ? `${count} messages from offset ${from}` : 'Reading';
        const reason = reasonOf(error);
        // Logs each reason once, not each attempt.
        if (this.failing.get(consumer) !== reason)
          this.logger.warn(`${topic}/${partition}: ${what} failed. Next retry in ${wait} ms: ${reason}`);
        report(reason);
      },
      recovered: () => {
        this.logger.log(`${topic}/${partition}: messages are processed again`);
        report();
      },
    });
    return consumer;
  }

  private async handle(handler: MessageHandler, payload: unknown, context: unknown): Promise<void> {
    const result: unknown = await handler(payload, context);
    if (isObservable(result)) await lastValueFrom(result, { defaultValue: undefined });
  }
}

/** Nest logs an error of a handler and replaces it by its own object. */
const reasonOf = (error: unknown): string =>
  error instanceof Error
    ? `${error.name}: ${error.message}`
    : ((error as { message?: string } | undefined)?.message ?? String(error));
