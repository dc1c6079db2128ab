import type { Lease, Table, ViewStore } from '../ports/view-store';

/** Whether this process writes the views. Asked before every batch: a right that is lost is tried for again, or left to others. */
export class Leadership {
  private lead: Lease | undefined;
  private over = new AbortController();

  /** `taken` runs before the first write under a right: what was known of the views is older than what another has written. */
  constructor(
    private readonly store: ViewStore,
    private readonly tables: readonly Table[],
    private readonly signal: AbortSignal,
    private readonly taken: () => Promise<void>,
  ) {}

  async holds(ask = false): Promise<boolean> {
    if (this.lead && (!this.lead.ended.aborted || this.signal.aborted)) return true;
    await this.release();
    const lead = await this.store.acquireLease(this.tables, { signal: this.signal, preempt: ask });
    if (!lead) return false;
    this.lead = lead;
    const over = (this.over = new AbortController());
    lead.ended.addEventListener('abort', () => over.abort(), { once: true });
    if (lead.ended.aborted) over.abort();
    try {
      await this.taken();
      return true;
    } catch (error) {
      await this.release();
      throw error;
    }
  }

  get now(): boolean {
    return this.lead !== undefined && !this.lead.ended.aborted;
  }

  /** While it leads: aborts when it does not any more. */
  get ended(): AbortSignal {
    return this.lead ? this.over.signal : this.signal;
  }

  async release(): Promise<void> {
    const lead = this.lead;
    this.lead = undefined;
    this.over.abort();
    await lead?.release();
  }
}
