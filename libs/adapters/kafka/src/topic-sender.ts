import { BusUnavailable, type Message } from '@tallystick/eventing';
import type { Kafka, Producer, RecordMetadata } from 'kafkajs';
import { RETRY } from './connection';
import { reasonOf } from './failures';
import { bytesOf, toSent } from './messages';
import { partitionOf } from './murmur2';

/** How long the leader may wait for its replicas. */
const ACK_MILLISECONDS = 10_000;

export interface SenderSettings {
  /** Of one request; a partition's part of it has to be below the topic's `max.message.bytes`. */
  readonly requestBytes: number;
  /** After which a publication has failed, as far as its caller is concerned. */
  readonly publishMilliseconds: number;
}

/** One call of `publish`, of which `next` is the first message not yet taken by Kafka. */
interface Publication {
  readonly messages: readonly Message[];
  next: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/**
 * Sends to one topic, one request at a time; whoever calls meanwhile goes together in the next one.
 * kafkajs takes a failed request's sequence numbers back, and would give them to other messages, which the broker then takes
 * for repetitions and drops. So there is never a second request, and a producer that failed is never used again.
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

  /** Sends what waits, and disconnects. */
  async close(): Promise<void> {
    await this.sending;
    await (await this.producer?.catch(() => undefined))?.disconnect().catch(() => undefined);
  }

  private async sendAll(): Promise<void> {
    // Those who publish in the same turn of the event loop go together.
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

  /** The first that wait, as many as fit; at least one. `ends`: how far each publication is then. */
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

  /** All that wait have failed: after as long again they would hear no better. */
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

  /** kafkajs says nothing of a partition whose leader moved, while it was sending, to a broker that had answered for others. */
  private checkConfirmed(messages: readonly Message[], confirmed: readonly RecordMetadata[]): void {
    const partitions = new Set(confirmed.map(({ partition }) => partition));
    const missing = messages.find(({ key }) => !partitions.has(partitionOf(key, this.partitions)));
    if (missing) throw new Error(`nothing was said of partition ${partitionOf(missing.key, this.partitions)}`);
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

/** Once its last request has come to an end, which may be much later. */
async function retire(producer: Promise<Producer>, sent: Promise<unknown>): Promise<void> {
  await sent.catch(() => undefined);
  await (await producer.catch(() => undefined))?.disconnect().catch(() => undefined);
}
