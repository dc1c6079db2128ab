import { setTimeout as pause } from 'node:timers/promises';
import type { BatchContext, ReceivedMessage } from '@tallystick/eventing';
import type { EmbeddedBus } from './embedded-bus';

export interface Consumption {
  readonly topic: string;
  readonly partition: number;
  readonly group: string;
  /** Groups of an earlier version, whose position the group takes over. */
  readonly formerGroups: readonly string[];
  /** Messages per batch. */
  readonly maxBatch: number;
  readonly retry: { readonly firstMilliseconds: number; readonly mostMilliseconds: number };
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
  private failures = 0;

  constructor(
    private readonly bus: EmbeddedBus,
    private readonly work: Consumption,
  ) {}

  start(): void {
    this.running = this.run();
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
        await this.bus.grown(topic, partition, from, signal);
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
        if (this.failures > 0) this.work.recovered();
        this.failures = 0;
        return result;
      } catch (error) {
        const { firstMilliseconds, mostMilliseconds } = this.work.retry;
        const ceiling = Math.min(mostMilliseconds, firstMilliseconds * 2 ** Math.min(this.failures++, 30));
        const wait = Math.round(ceiling * (0.5 + Math.random() / 2));
        if (this.stopping.signal.aborted) return undefined;
        this.work.failed(error, from, count, wait);
        await pause(wait, undefined, { signal: this.stopping.signal }).catch(() => undefined);
        if (this.stopping.signal.aborted) return undefined;
      }
    }
  }
}
