import type { BatchContext } from '@tallystick/eventing';
import { systemClock } from '@tallystick/runtime';
import type { EachBatchPayload } from 'kafkajs';
import { isMembershipLost } from './failures';

interface BatchLimits {
  readonly heartbeatMilliseconds: number;
  /** How long heartbeats are sent for a batch whose handler sends none. */
  readonly handlerMilliseconds: number;
  readonly nameOf: (topic: string) => string;
}

/**
 * Batch that is being processed. Sends heartbeats to the group, and aborts the handler's signal when the partition is
 * lost.
 */
export class BatchInProgress {
  readonly context: BatchContext;
  private readonly ending = new AbortController();
  private readonly beating: NodeJS.Timeout;
  private heardFrom = systemClock.monotonic();
  private lost: unknown;

  constructor(
    private readonly payload: EachBatchPayload,
    { heartbeatMilliseconds, handlerMilliseconds, nameOf }: BatchLimits,
    stuck: () => void,
  ) {
    const { topic, partition } = payload.batch;
    const heartbeat = async () => {
      this.heardFrom = systemClock.monotonic();
      await this.beat();
      this.throwIfLost();
    };
    this.context = { topic: nameOf(topic), partition, heartbeat, signal: this.ending.signal };
    this.beating = setInterval(() => {
      if (systemClock.monotonic() - this.heardFrom < handlerMilliseconds) return void this.beat();
      clearInterval(this.beating);
      stuck();
    }, heartbeatMilliseconds).unref();
  }

  /** True if the next message of the batch may be processed. */
  get goesOn(): boolean {
    return !this.ending.signal.aborted && this.payload.isRunning() && !this.payload.isStale();
  }

  abort(): void {
    this.ending.abort();
  }

  release(): void {
    clearInterval(this.beating);
  }

  /**
   * Commits the resolved offset. Fails if this process is no longer a member; then another member processes the
   * messages again.
   */
  async commit(): Promise<void> {
    const { topic, partition } = this.payload.batch;
    const resolved = this.payload.uncommittedOffsets().topics.find((it) => it.topic === topic)?.partitions;
    // kafkajs returns partitions as strings here, unlike its types.
    const ours = resolved?.find((it) => Number(it.partition) === partition);
    if (!ours) return;
    try {
      await this.payload.commitOffsetsIfNecessary({
        topics: [{ topic, partitions: [{ partition, offset: ours.offset }] }],
      });
    } catch (error) {
      throw this.lost ?? error;
    }
  }

  /** kafkajs joins the group again after an error of its own. */
  throwIfLost(): void {
    if (this.lost !== undefined) throw this.lost;
  }

  /** A broken connection does not abort the batch: the next heartbeat or the commit fails if the partition is lost. */
  private async beat(): Promise<void> {
    try {
      await this.payload.heartbeat();
    } catch (error) {
      if (!isMembershipLost(error)) return;
      this.lost ??= error;
      this.ending.abort();
    }
  }
}
