import type { BatchContext } from '@tallystick/eventing';
import type { EachBatchPayload } from 'kafkajs';
import { isMembershipLost } from './failures';

interface BatchLimits {
  readonly heartbeatMilliseconds: number;
  /** For how long the group is told that a batch is worked on, without a word from its handler. */
  readonly handlerMilliseconds: number;
  readonly nameOf: (topic: string) => string;
}

/** A batch from when it comes to when it is done: the group hears of us meanwhile, and the handler hears when it should end. */
export class BatchInProgress {
  readonly context: BatchContext;
  private readonly ending = new AbortController();
  private readonly beating: NodeJS.Timeout;
  private heardFrom = Date.now();
  private lost: unknown;

  constructor(
    private readonly payload: EachBatchPayload,
    { heartbeatMilliseconds, handlerMilliseconds, nameOf }: BatchLimits,
    stuck: () => void,
  ) {
    const { topic, partition } = payload.batch;
    const heartbeat = async () => {
      this.heardFrom = Date.now();
      await this.beat();
      this.throwIfLost();
    };
    this.context = { topic: nameOf(topic), partition, heartbeat, signal: this.ending.signal };
    this.beating = setInterval(() => {
      if (Date.now() - this.heardFrom < handlerMilliseconds) return void this.beat();
      clearInterval(this.beating);
      stuck();
    }, heartbeatMilliseconds).unref();
  }

  /** Whether more of the batch is to be begun. */
  get goesOn(): boolean {
    return !this.ending.signal.aborted && this.payload.isRunning() && !this.payload.isStale();
  }

  abort(): void {
    this.ending.abort();
  }

  release(): void {
    clearInterval(this.beating);
  }

  /** What was resolved of this partition. Where we are no member any more this may fail, and another member handles it again. */
  async commit(): Promise<void> {
    const { topic, partition } = this.payload.batch;
    const resolved = this.payload.uncommittedOffsets().topics.find((it) => it.topic === topic)?.partitions;
    // kafkajs has the partitions as text here, whatever its types say.
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

  /** kafkajs joins the group again when it gets its own error back. */
  throwIfLost(): void {
    if (this.lost !== undefined) throw this.lost;
  }

  /** A connection that broke is no reason to leave off: the next beat, or the commit, will show. */
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
