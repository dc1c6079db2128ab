import {
  Bus,
  BusUnavailable,
  type Health,
  type Message,
  type ReceivedMessage,
  StoreUnavailable,
  StoreUnwritable,
} from '@tallystick/eventing';
import { Signal, systemClock } from '@tallystick/runtime';
import { DatabaseError, type DatabaseOptions } from '../sqlite/sqlite-database';
import { type MessageRow, TopicLog } from './topic-log';

const MEBIBYTE = 1024 * 1024;
/** Most messages per row. Reading a few messages reads a whole row, so rows are small. */
const PART_MESSAGES = 250;
const DEFAULTS = {
  /** Partitions per topic. Raise it only for an empty topic: otherwise the messages of a key lose their order. */
  partitions: 1,
  retentionMilliseconds: 7 * 86_400_000,
  /** Limit for all topics together. */
  retentionBytes: 4096 * MEBIBYTE,
  purgeMilliseconds: 60_000,
  now: () => systemClock.now(),
  database: {} as DatabaseOptions,
};
export type EmbeddedBusOptions = Partial<typeof DEFAULTS>;

interface PartitionEnd {
  readonly topic: string;
  readonly number: number;
  /** Offset of the next published message, and offset after the last stored message. */
  next: number;
  stored: number;
  readonly growth: Signal;
}

/** Durable log of topics for one process. Publishing wakes the consumers, which do not poll. */
export class EmbeddedBus extends Bus {
  private readonly known = new Map<string, PartitionEnd>();
  private readonly purging: NodeJS.Timeout;
  private closed = false;

  private constructor(
    private readonly log: TopicLog,
    private readonly options: typeof DEFAULTS,
  ) {
    super();
    this.purging = setInterval(() => void this.purge().catch(() => undefined), options.purgeMilliseconds).unref();
  }

  static async open(file: string, options: EmbeddedBusOptions = {}): Promise<EmbeddedBus> {
    const settings = { ...DEFAULTS, ...options };
    const log = await TopicLog.open(file, settings.database);
    const bus = new EmbeddedBus(log, settings);
    for (const { topic, partition, next } of await log.ends())
      Object.assign(bus.partition(topic, partition), { next, stored: next });
    return bus;
  }

  /** Version of SQLite, for logs. */
  get description(): string {
    return this.log.description;
  }

  override async publish(topic: string, messages: readonly Message[]): Promise<void> {
    if (this.closed) throw new BusUnavailable('The bus is closed.');
    if (messages.length === 0) return;
    const parts = this.partsOf(topic, messages);
    await this.translateErrors(this.log.write(topic, parts, this.options.now()));
    for (const { partition, first, messages: some } of parts) {
      const target = this.partition(topic, partition);
      target.stored = Math.max(target.stored, first + some.length);
      target.growth.notify(target.stored);
    }
  }

  override async browse(
    topic: string,
    from: { readonly partition: number; readonly offset: string },
    limit: number,
  ): Promise<readonly ReceivedMessage[]> {
    return this.fetch(topic, from.partition, Number(from.offset), limit);
  }

  /** Partitions that ever held a message, also if `partitions` was higher in the past. */
  override async partitions(topic: string): Promise<number> {
    let count = 0;
    for (const { topic: of, number, next } of this.known.values())
      if (of === topic && next > 0) count = Math.max(count, number + 1);
    return count;
  }

  /** Messages from an offset on. Empty only at the end of the partition. */
  async fetch(topic: string, partition: number, from: number, limit: number): Promise<readonly ReceivedMessage[]> {
    if (from >= this.partition(topic, partition).stored) return [];
    return this.translateErrors(this.log.read(topic, partition, from, limit));
  }

  /** Whether every message before `offset` is all that the partition has. */
  isEnd(topic: string, partition: number, offset: number): boolean {
    return offset >= this.partition(topic, partition).stored;
  }

  /** Resolves when a message at `offset` may exist, or the signal aborts. */
  grown(topic: string, partition: number, offset: number, signal: AbortSignal): Promise<void> {
    const { stored, growth } = this.partition(topic, partition);
    return offset < stored ? Promise.resolve() : growth.wait({ after: offset, signal });
  }

  override health(): Promise<Health> {
    return this.log.health();
  }

  /** Reason why reads and writes fail permanently. */
  get fault(): string | undefined {
    return this.log.fault;
  }

  get partitionNumbers(): readonly number[] {
    return Array.from({ length: this.options.partitions }, (_, i) => i);
  }

  /**
   * The offset at which a group continues. A group without a position takes over the one of the first former group that has
   * one; else it starts at the beginning.
   */
  async position(group: string, formerGroups: readonly string[], topic: string, partition: number): Promise<number> {
    for (const candidate of [group, ...formerGroups]) {
      const next = await this.translateErrors(this.log.committed(candidate, topic, partition));
      if (next === undefined) continue;
      if (candidate !== group) await this.commit(group, topic, partition, next);
      return next;
    }
    return 0;
  }

  commit(consumers: string, topic: string, partition: number, next: number): Promise<void> {
    return this.translateErrors(this.log.commit(consumers, topic, partition, next));
  }

  /** Removes messages beyond the retention limits. Also runs every minute. */
  async purge(): Promise<void> {
    await this.translateErrors(this.log.removeOlder(this.options.now() - this.options.retentionMilliseconds));
    await this.translateErrors(this.log.removeBeyond(this.options.retentionBytes));
  }

  override async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    clearInterval(this.purging);
    await this.log.close();
  }

  /** Assigns offsets in the order of publication, regardless of how long each commit takes. */
  private partsOf(topic: string, messages: readonly Message[]): MessageRow[] {
    const byPartition = new Map<number, Message[]>();
    for (const message of messages) {
      const partition = this.partitionOf(message.key);
      const others = byPartition.get(partition);
      if (others) others.push(message);
      else byPartition.set(partition, [message]);
    }
    return [...byPartition].flatMap(([partition, all]) => {
      const target = this.partition(topic, partition);
      return Array.from({ length: Math.ceil(all.length / PART_MESSAGES) }, (_, i): MessageRow => {
        const some = all.slice(i * PART_MESSAGES, (i + 1) * PART_MESSAGES);
        const first = target.next;
        target.next += some.length;
        return { partition, first, messages: some };
      });
    });
  }

  private partition(topic: string, number: number): PartitionEnd {
    const name = `${number} ${topic}`;
    const known = this.known.get(name) ?? { topic, number, next: 0, stored: 0, growth: new Signal() };
    this.known.set(name, known);
    return known;
  }

  /** FNV-1a hash. Must never change: it keeps the messages of a key in one partition. */
  private partitionOf(key: string): number {
    if (this.options.partitions === 1) return 0;
    let hash = 0x811c9dc5;
    for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
    return (hash >>> 0) % this.options.partitions;
  }

  private translateErrors<T>(asked: Promise<T>): Promise<T> {
    return asked.catch((error: unknown) => {
      if (error instanceof StoreUnwritable) throw error;
      const isDatabases = error instanceof DatabaseError || error instanceof StoreUnavailable;
      throw isDatabases ? new BusUnavailable((error as Error).message) : error;
    });
  }
}
