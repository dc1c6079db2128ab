import type { Lease, Table, ViewStore } from '../ports/view-store';

export interface LeadershipListener {
  /** This process becomes the leader. `ended` aborts when it no longer is. */
  readonly onLeader?: (ended: AbortSignal) => void;
  readonly onFollower?: () => void;
}

export interface LeadershipOptions {
  readonly store: ViewStore;
  readonly tables: readonly Table[];
  /** Ends the leadership for good. */
  readonly signal: AbortSignal;
  /** Runs before the first write under a lease: what is cached of the views may be older than what another process has written. */
  readonly onAcquired: () => Promise<void>;
}

/** Whether this process writes the views. It does while it holds the lease of the view store. */
export class Leadership {
  private lease: Lease | undefined;
  /** From the acquisition of the lease to its end. */
  private term = new AbortController();
  private leading: AbortSignal | undefined;
  private readonly listeners = new Set<LeadershipListener>();

  constructor(private readonly options: LeadershipOptions) {}

  get isLeader(): boolean {
    return this.leading !== undefined && !this.leading.aborted;
  }

  /** Calls `onLeader` at once if this process is the leader. Returns a function that removes the listener; listeners must not throw. */
  on(listener: LeadershipListener): () => void {
    this.listeners.add(listener);
    if (this.isLeader) listener.onLeader?.(this.leading!);
    return () => void this.listeners.delete(listener);
  }

  /** Returns whether this process holds the lease, after trying to acquire it where it does not. Called before every batch. */
  async acquire(preempt = false): Promise<boolean> {
    const { store, tables, signal, onAcquired } = this.options;
    if (this.lease && (!this.lease.ended.aborted || signal.aborted)) return true;
    await this.release();
    const lease = await store.acquireLease(tables, { signal, preempt });
    if (!lease) return false;
    this.lease = lease;
    const term = (this.term = new AbortController());
    lease.ended.addEventListener('abort', () => term.abort(), { once: true });
    if (lease.ended.aborted) term.abort();
    try {
      await onAcquired();
    } catch (error) {
      await this.release();
      throw error;
    }
    this.announce(term.signal);
    return true;
  }

  /** Aborts when the leadership ends; without one, when the process stops. */
  get ended(): AbortSignal {
    return this.lease ? this.term.signal : this.options.signal;
  }

  async release(): Promise<void> {
    const { lease } = this;
    this.lease = undefined;
    this.term.abort();
    await lease?.release();
  }

  private announce(ended: AbortSignal): void {
    if (ended.aborted) return;
    this.leading = ended;
    ended.addEventListener('abort', () => this.listeners.forEach(({ onFollower }) => onFollower?.()), { once: true });
    for (const { onLeader } of this.listeners) onLeader?.(ended);
  }
}
