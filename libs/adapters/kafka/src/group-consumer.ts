import { Backoff, type BackoffOptions, pause, systemClock } from '@tallystick/runtime';
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
  readonly retry: BackoffOptions;
  readonly eachBatch: EachBatchHandler;
  /** Runs before the consumer joins the group, again after each failure. */
  readonly prepare?: () => Promise<void>;
  /** Called with the partitions that are assigned to this process. */
  readonly joined: (assignment: Readonly<Record<string, readonly number[]>>) => void;
  /** Called when the consumer has ended. A new one starts after the given time. */
  readonly ended: (reason: unknown, waitMilliseconds: number) => void;
  readonly changed: () => void;
}

/** Member of a consumer group. kafkajs ends its consumer after many errors; this class then starts a new one. */
export class GroupConsumer {
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();
  private readonly backoff: Backoff;
  /** Monotonic time of the last heartbeat that the coordinator confirmed. Undefined if this process is not a member. */
  private heardAt: number | undefined;

  constructor(
    private readonly kafka: Kafka,
    private readonly settings: GroupSettings,
  ) {
    this.backoff = new Backoff(settings.retry);
  }

  /** True if the membership was confirmed recently. */
  get isMember(): boolean {
    return this.sinceHeartbeat < this.silence;
  }

  start(): void {
    this.running = this.run();
  }

  /** Resolves when the current batches are done and this process has left the group. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private get sinceHeartbeat(): number {
    return this.heardAt === undefined ? Infinity : systemClock.monotonic() - this.heardAt;
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
      const wait = this.backoff.next();
      this.settings.ended(reason, wait);
      await pause(wait, signal);
    }
  }

  /** Runs one consumer until it ends; resolves with the reason. */
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
      this.heardAt = undefined;
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
      this.backoff.reset();
      this.heardAt = systemClock.monotonic();
      this.settings.joined(payload.memberAssignment as Record<string, number[]>);
    });
    consumer.on(consumer.events.HEARTBEAT, () => {
      const wasMember = this.isMember;
      this.heardAt = systemClock.monotonic();
      if (!wasMember) this.settings.changed();
    });
  }

  /** Ends a consumer without heartbeats once the group must have removed it. */
  private watch(end: (reason: unknown) => void): void {
    if (this.heardAt === undefined || this.isMember) return;
    this.settings.changed();
    const { sessionMilliseconds, rebalanceMilliseconds } = this.settings;
    const longest = this.silence + sessionMilliseconds + rebalanceMilliseconds;
    if (this.sinceHeartbeat > longest) end(new Error(`no heartbeat was confirmed for ${longest} ms`));
  }
}
