import type { BatchContext, ReceivedMessage } from '@tallystick/eventing';
import { Backoff, type BackoffOptions } from '@tallystick/runtime';
import type { EachBatchPayload } from 'kafkajs';
import { BatchInProgress } from './batch-in-progress';
import { toReceived } from './messages';

export interface Delivery {
  /** Messages per batch. */
  readonly maxBatch: number;
  readonly heartbeatMilliseconds: number;
  readonly handlerMilliseconds: number;
  readonly retry: BackoffOptions;
  /** Name of a broker's topic without the prefix. */
  readonly nameOf: (topic: string) => string;
  readonly isBatch: (topic: string) => boolean;
  readonly handle: (
    topic: string,
    payload: ReceivedMessage | readonly ReceivedMessage[],
    context: BatchContext,
  ) => Promise<void>;
  /** Called for each failed delivery; `recovered` is called once after them. */
  readonly failed: (place: string, error: unknown, from: string, count: number, waitMilliseconds: number) => void;
  readonly recovered: (place: string) => void;
  readonly stuck: (place: string) => void;
}

/**
 * Delivers fetched messages of a partition to its handler. Commits processed messages; failed messages are fetched
 * again.
 */
export class BatchDelivery {
  private readonly failures = new Map<string, Backoff>();
  private readonly inHand = new Set<BatchInProgress>();
  private readonly resuming = new Set<NodeJS.Timeout>();
  private stopped = false;

  constructor(private readonly delivery: Delivery) {}

  /** Throws only errors of kafkajs, which then joins the group again. Any other error would stop the consumer. */
  readonly take = async (payload: EachBatchPayload): Promise<void> => {
    const { topic, partition } = payload.batch;
    const place = `${topic}/${partition}`;
    const hand = new BatchInProgress(payload, this.delivery, () => this.delivery.stuck(place));
    this.inHand.add(hand);
    if (this.stopped) hand.abort();
    try {
      await this.deliver(payload, hand, place);
    } finally {
      hand.release();
      this.inHand.delete(hand);
    }
  };

  /** Aborts the signal of the handlers, which may finish their batch. */
  stop(): void {
    this.stopped = true;
    for (const timer of this.resuming) clearTimeout(timer);
    for (const hand of this.inHand) hand.abort();
  }

  /** Called after a rebalance: failed partitions may now belong to other members. */
  forgetFailures(isOurs: (place: string) => boolean): void {
    for (const place of this.failures.keys()) if (!isOurs(place)) this.succeeded(place);
  }

  private async deliver(payload: EachBatchPayload, hand: BatchInProgress, place: string): Promise<void> {
    const { topic, partition, messages } = payload.batch;
    const { maxBatch, nameOf } = this.delivery;
    const name = nameOf(topic);
    for (let at = 0; at < messages.length && hand.goesOn; at += maxBatch) {
      const portion = messages.slice(at, at + maxBatch).map((message) => toReceived(name, partition, message));
      const handled = await this.hand(portion, hand, place, payload);
      if (handled > 0) {
        payload.resolveOffset(portion[handled - 1]!.offset);
        await hand.commit();
      }
      if (handled < portion.length) break;
    }
    hand.throwIfLost();
  }

  /** Returns the number of processed messages; of a batch all or none. */
  private async hand(
    portion: readonly ReceivedMessage[],
    hand: BatchInProgress,
    place: string,
    payload: EachBatchPayload,
  ): Promise<number> {
    const topic = this.delivery.nameOf(payload.batch.topic);
    const isBatch = this.delivery.isBatch(topic);
    let taken = 0;
    try {
      if (isBatch) {
        await this.delivery.handle(topic, portion, hand.context);
        taken = portion.length;
      } else
        for (; taken < portion.length && hand.goesOn; taken++)
          await this.delivery.handle(topic, portion[taken]!, hand.context);
      this.succeeded(place);
    } catch (error) {
      // Failures of an aborted batch are ignored: its messages are delivered again, here or to another member.
      if (hand.goesOn) this.failed(place, error, portion.slice(taken, isBatch ? undefined : taken + 1), payload);
      return taken;
    }
    return taken;
  }

  /** Pauses only this partition, which is then fetched again from the same offset. */
  private failed(place: string, error: unknown, portion: readonly ReceivedMessage[], payload: EachBatchPayload): void {
    const backoff = this.failures.get(place) ?? new Backoff(this.delivery.retry);
    this.failures.set(place, backoff);
    const wait = backoff.next();
    this.delivery.failed(place, error, portion[0]!.offset, portion.length, wait);
    const resume = payload.pause();
    const timer = setTimeout(() => {
      this.resuming.delete(timer);
      resume();
    }, wait);
    this.resuming.add(timer);
  }

  private succeeded(place: string): void {
    if (this.failures.delete(place)) this.delivery.recovered(place);
  }
}
