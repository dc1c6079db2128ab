import { setTimeout as pause } from 'node:timers/promises';
import type { Consumer, EachBatchHandler, Kafka } from 'kafkajs';
import { RETRY } from './connection';

export interface GroupSettings {
  readonly group: string;
  readonly topics: readonly string[];
  readonly sessionMilliseconds: number;
  readonly rebalanceMilliseconds: number;
  readonly heartbeatMilliseconds: number;
  readonly fetchMilliseconds: number;
  readonly concurrency: number;
  readonly retry: { readonly firstMilliseconds: number; readonly mostMilliseconds: number };
  readonly eachBatch: EachBatchHandler;
  /** Runs before the consumer joins the group, again after each failure. */
  readonly prepare?: () => Promise<void>;
  /** The partitions that are ours from now on. */
  readonly joined: (assignment: Readonly<Record<string, readonly number[]>>) => void;
  /** The consumer has ended, and another one is made after so long. */
  readonly ended: (reason: unknown, waitMilliseconds: number) => void;
  readonly changed: () => void;
}

/** A member of a consumer group that lives on whatever its consumer dies of: kafkajs gives up on many an error, so each time a new one is made. */
export class GroupConsumer {
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();
  private failures = 0;
  /** When the group's coordinator last heard of us and said so; 0: never, or no member now. */
  private heardAt = 0;

  constructor(
    private readonly kafka: Kafka,
    private readonly settings: GroupSettings,
  ) {}

  /** A member of the group as far as both sides know. */
  get isMember(): boolean {
    return Date.now() - this.heardAt < this.silence;
  }

  start(): void {
    this.running = this.run();
  }

  /** Resolves when the batches in hand are done and the group knows that we have left. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private get silence(): number {
    const { heartbeatMilliseconds, fetchMilliseconds } = this.settings;
    return 3 * heartbeatMilliseconds + fetchMilliseconds;
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      const reason = await this.live();
      if (signal.aborted) return;
      const { firstMilliseconds, mostMilliseconds } = this.settings.retry;
      const wait = Math.min(mostMilliseconds, firstMilliseconds * 2 ** Math.min(this.failures++, 30));
      this.settings.ended(reason, wait);
      await pause(wait, undefined, { signal }).catch(() => undefined);
    }
  }

  /** From connecting to the end; resolves with what it died of. */
  private async live(): Promise<unknown> {
    const consumer = this.consumer();
    const { signal } = this.stopping;
    let end: (reason: unknown) => void = () => undefined;
    const ended = new Promise<unknown>((resolve) => (end = resolve));
    const timer = setInterval(() => this.watch(end), this.settings.heartbeatMilliseconds).unref();
    signal.addEventListener('abort', end);
    try {
      consumer.on(consumer.events.CRASH, ({ payload }) => end(payload.error));
      this.listen(consumer);
      await this.settings.prepare?.();
      await consumer.connect();
      await consumer.subscribe({ topics: [...this.settings.topics], fromBeginning: true });
      await consumer.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        partitionsConsumedConcurrently: this.settings.concurrency,
        eachBatch: this.settings.eachBatch,
      });
      return await ended;
    } catch (error) {
      return error;
    } finally {
      clearInterval(timer);
      signal.removeEventListener('abort', end);
      this.heardAt = 0;
      this.settings.changed();
      await consumer.disconnect().catch(() => undefined);
    }
  }

  private consumer(): Consumer {
    const { group, sessionMilliseconds, rebalanceMilliseconds, heartbeatMilliseconds, fetchMilliseconds } =
      this.settings;
    return this.kafka.consumer({
      groupId: group,
      sessionTimeout: sessionMilliseconds,
      rebalanceTimeout: rebalanceMilliseconds,
      heartbeatInterval: heartbeatMilliseconds,
      maxWaitTimeInMs: fetchMilliseconds,
      allowAutoTopicCreation: false,
      retry: { ...RETRY, restartOnFailure: async () => false },
    });
  }

  private listen(consumer: Consumer): void {
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      this.failures = 0;
      this.heardAt = Date.now();
      this.settings.joined(payload.memberAssignment as Record<string, number[]>);
    });
    consumer.on(consumer.events.HEARTBEAT, () => {
      const wasMember = this.isMember;
      this.heardAt = Date.now();
      if (!wasMember) this.settings.changed();
    });
  }

  /** One that has gone silent without dying is ended, once the group must have given it up. */
  private watch(end: (reason: unknown) => void): void {
    if (this.heardAt === 0 || this.isMember) return;
    this.settings.changed();
    const { sessionMilliseconds, rebalanceMilliseconds } = this.settings;
    const longest = this.silence + sessionMilliseconds + rebalanceMilliseconds;
    if (Date.now() - this.heardAt > longest) end(new Error(`the group has not been heard of for ${longest} ms`));
  }
}
