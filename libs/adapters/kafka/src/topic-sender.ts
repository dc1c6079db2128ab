import { BusUnavailable, type Message } from '@tallystick/eventing';
import type { Kafka, Producer, RecordMetadata } from 'kafkajs';
import { RETRY } from './connection';
import { reasonOf } from './failures';
import { bytesOf, toSent } from './messages';
import { partitionOf } from './murmur2';

/** How long the leader may wait for its replicas. */
const ACK_MILLISECONDS = 10_000;

export interface SenderSettings {
  /** Limit of one request. The part for one partition must be below the topic's `max.message.bytes`. */
  readonly requestBytes: number;
  /** Time after which `publish` rejects. */
  readonly publishMilliseconds: number;
}

/** One call of `publish`. `next`: index of the first message that Kafka has not confirmed. */
interface Publication {
  readonly messages: readonly Message[];
  next: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/**
 * Sends to one topic, one request at a time. Messages that are published during a request form the next one. kafkajs
 * reuses the sequence numbers of a failed request for other messages, which the broker then drops as duplicates. So
 * there is never a second request at the same time, and a producer is not used after a failure.
 */
export class TopicSender {
  private waiting: Publication[] = [];
  private producer: Promise<Producer> | undefined;
  private sending: Promise<void> | undefined;
  private partitions = 1;

  constructor(
    private readonly kafka: Kafka,
    private readonly topic: string,
    private readonly settings: SenderSettings,
  ) {}

  publish(messages: readonly Message[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ messages, next: 0, resolve, reject });
      this.sending ??= this.sendAll();
    });
  }

  /** Sends waiting messages and disconnects. */
  async close(): Promise<void> {
    await this.sending;
    await (await this.producer?.catch(() => undefined))?.disconnect().catch(() => undefined);
  }

  private async sendAll(): Promise<void> {
    // Messages published in the same turn of the event loop share a request.
    await Promise.resolve();
    while (this.waiting.length > 0) {
      const { messages, ends } = this.nextRequest();
      try {
        await this.send(messages);
        this.taken(ends);
      } catch (error) {
        this.failed(error);
      }
    }
    this.sending = undefined;
  }

  /**
   * Takes as many waiting messages as fit, at least one. `ends`: value of `next` of each publication after the request.
   */
  private nextRequest(): { messages: Message[]; ends: Map<Publication, number> } {
    const messages: Message[] = [];
    const ends = new Map<Publication, number>();
    let bytes = 0;
    for (const publication of this.waiting)
      for (let at = publication.next; at < publication.messages.length; at++) {
        const message = publication.messages[at]!;
        bytes += bytesOf(message);
        if (messages.length > 0 && bytes > this.settings.requestBytes) return { messages, ends };
        messages.push(message);
        ends.set(publication, at + 1);
      }
    return { messages, ends };
  }

  private taken(ends: Map<Publication, number>): void {
    for (const [publication, end] of ends) publication.next = end;
    const done = this.waiting.filter(({ next, messages }) => next === messages.length);
    this.waiting = this.waiting.filter(({ next, messages }) => next < messages.length);
    for (const { resolve } of done) resolve();
  }

  /** Rejects all waiting publications: their own request would fail after the same time. */
  private failed(error: unknown): void {
    const failed = this.waiting;
    this.waiting = [];
    const unavailable = new BusUnavailable(`Kafka has not confirmed messages for ${this.topic}: ${reasonOf(error)}`);
    for (const { reject } of failed) reject(unavailable);
  }

  private async send(messages: readonly Message[]): Promise<void> {
    const producer = (this.producer ??= this.connected());
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const { publishMilliseconds } = this.settings;
      const error = new Error(`no answer within ${publishMilliseconds} ms`);
      timer = setTimeout(() => reject(error), publishMilliseconds);
    });
    const sent = producer.then((it) =>
      it.send({ topic: this.topic, messages: messages.map(toSent), acks: -1, timeout: ACK_MILLISECONDS }),
    );
    try {
      this.checkConfirmed(messages, await Promise.race([sent, late]));
    } catch (error) {
      this.producer = undefined;
      void retire(producer, sent);
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Detects partitions without a confirmation: kafkajs omits a partition whose leader moved during the request. */
  private checkConfirmed(messages: readonly Message[], confirmed: readonly RecordMetadata[]): void {
    const partitions = new Set(confirmed.map(({ partition }) => partition));
    const missing = messages.find(({ key }) => !partitions.has(partitionOf(key, this.partitions)));
    if (missing) throw new Error(`partition ${partitionOf(missing.key, this.partitions)} was not confirmed`);
  }

  private async connected(): Promise<Producer> {
    const producer = this.kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      retry: { ...RETRY },
      createPartitioner:
        () =>
        ({ message, partitionMetadata }) => {
          this.partitions = partitionMetadata.length;
          return partitionOf(message.key as string, this.partitions);
        },
    });
    try {
      await producer.connect();
      return producer;
    } catch (error) {
      await producer.disconnect().catch(() => undefined);
      throw error;
    }
  }
}

/** Disconnects the producer when its last request has ended, which may be much later. */
async function retire(producer: Promise<Producer>, sent: Promise<unknown>): Promise<void> {
  await sent.catch(() => undefined);
  await (await producer.catch(() => undefined))?.disconnect().catch(() => undefined);
}
