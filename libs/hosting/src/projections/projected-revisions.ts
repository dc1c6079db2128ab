import { Injectable } from '@nestjs/common';
import type { StreamEvent } from '@tallystick/domain/kernel';
import { BatchDelay } from '@tallystick/eventing';

/** Streams whose revision is remembered; of the others nothing is known. */
const MAX_STREAMS = 100_000;

interface Waiter {
  readonly has: () => boolean;
  readonly settle: (reached: boolean) => void;
}

/** The revision that the views have of each stream, as far as this process has seen it projected. */
@Injectable()
export class ProjectedRevisions {
  private readonly revisions = new Map<string, number>();
  private readonly waiters = new Set<Waiter>();
  /** The projector's delay, which waiting callers skip. */
  readonly delay = new BatchDelay();

  /** -1 if nothing is known of the stream. */
  of(entityId: string): number {
    return this.revisions.get(entityId) ?? -1;
  }

  /** Called in the order of the log with what the views have committed. */
  onProjected(batch: readonly StreamEvent<unknown>[]): void {
    for (const { entityId, revision } of batch) {
      this.revisions.delete(entityId);
      this.revisions.set(entityId, revision);
    }
    for (const { has, settle } of this.waiters) if (has()) settle(true);
    for (const entityId of this.revisions.keys()) {
      if (this.revisions.size <= MAX_STREAMS) break;
      this.revisions.delete(entityId);
    }
  }

  /** True once `has` holds, which is checked after each batch; false after `milliseconds`. */
  waitUntil(has: () => boolean, milliseconds: number): Promise<boolean> {
    if (has()) return Promise.resolve(true);
    const reached = new Promise<boolean>((resolve) => {
      const settle = (reached: boolean) => {
        clearTimeout(timer);
        this.waiters.delete(waiter);
        resolve(reached);
      };
      const waiter: Waiter = { has, settle };
      const timer = setTimeout(settle, milliseconds, false).unref();
      this.waiters.add(waiter);
    });
    return this.delay.skipDuring(reached);
  }
}
