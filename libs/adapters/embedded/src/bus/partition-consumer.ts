import type { BatchContext, ReceivedMessage } from '@tallystick/eventing';
import { Backoff, type BackoffOptions, pause, Signal } from '@tallystick/runtime';
import type { EmbeddedBus } from './embedded-bus';

export interface Consumption {
  readonly topic: string;
  readonly partition: number;
  readonly group: string;
  /** Groups of an earlier version, whose position the group takes over. */
  readonly formerGroups: readonly string[];
  /** Messages per batch. */
  readonly maxBatch: number;
  readonly retry: BackoffOptions;
  readonly isBatch: boolean;
  readonly handle: (payload: ReceivedMessage | readonly ReceivedMessage[], context: BatchContext) => Promise<void>;
  /** Called for each failed delivery; `recovered` is called once after them. */
  readonly failed: (error: unknown, from: string, count: number, waitMilliseconds: number) => void;
  readonly recovered: () => void;
}

/** Delivers one partition of a topic to its handler, in order. Retries each batch until the handler succeeds. */
export class PartitionConsumer {
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();
  private readonly backoff: Backoff;
  /** The offset at which it waits for messages. Undefined while it has something in hand. */
  private waitingAt: number | undefined;
  private readonly becameIdle = new Signal();

  constructor(
    private readonly bus: EmbeddedBus,
    private readonly work: Consumption,
  ) {
    this.backoff = new Backoff(work.retry);
  }

  start(): void {
    this.running = this.run();
  }

  /** Whether it has handled and committed all messages. */
  get isIdle(): boolean {
    const { topic, partition } = this.work;
    return this.waitingAt !== undefined && this.bus.isEnd(topic, partition, this.waitingAt);
  }

  async untilIdle(signal: AbortSignal): Promise<void> {
    while (!this.isIdle && !signal.aborted) await this.becameIdle.wait({ signal });
  }

  /** Resolves when the current batch is done. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    const { topic, partition, group, formerGroups, maxBatch } = this.work;
    const { signal } = this.stopping;
    const next = await this.untilDone('start', () => this.bus.position(group, formerGroups, topic, partition));
    for (let offset = next ?? 0; !signal.aborted;) {
      const from = offset;
      const messages = await this.untilDone(`${from}`, () => this.bus.fetch(topic, partition, from, maxBatch));
      if (!messages) return;
      if (messages.length === 0) {
        this.waitingAt = from;
        this.becameIdle.notify();
        await this.bus.grown(topic, partition, from, signal);
        this.waitingAt = undefined;
        continue;
      }
      offset = await this.deliver(messages, from);
      if (offset > from) await this.untilDone(`${offset}`, () => this.bus.commit(group, topic, partition, offset));
    }
  }

  /** Returns the offset after the last processed message. */
  private async deliver(messages: readonly ReceivedMessage[], from: number): Promise<number> {
    const { topic, partition, isBatch, handle } = this.work;
    const context: BatchContext = {
      topic,
      partition,
      heartbeat: async () => undefined,
      signal: this.stopping.signal,
    };
    const portions = isBatch ? [messages] : messages.map((message) => [message]);
    let done = from;
    for (const portion of portions) {
      const first = portion[0]!.offset;
      const taken = await this.untilDone(
        first,
        () => handle(isBatch ? portion : portion[0]!, context).then(() => true),
        portion.length,
      );
      if (!taken) break;
      done = Number(portion[portion.length - 1]!.offset) + 1;
      if (this.stopping.signal.aborted) break;
    }
    return done;
  }

  /** Retries with growing delays until the attempt succeeds or the consumer is stopped (then undefined). */
  private async untilDone<T>(from: string, attempt: () => Promise<T>, count = 0): Promise<T | undefined> {
    for (;;) {
      try {
        const result = await attempt();
        if (this.backoff.failures > 0) this.work.recovered();
        this.backoff.reset();
        return result;
      } catch (error) {
        const wait = this.backoff.next();
        if (this.stopping.signal.aborted) return undefined;
        this.work.failed(error, from, count, wait);
        await pause(wait, this.stopping.signal);
        if (this.stopping.signal.aborted) return undefined;
      }
    }
  }
}
