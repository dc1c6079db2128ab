interface PendingBatch<Item, Result> {
  readonly items: readonly Item[];
  readonly resolve: (results: readonly Result[]) => void;
  readonly reject: (error: unknown) => void;
}

export interface BatcherOptions {
  /** Items of one batch. A request with more is a batch of its own. */
  readonly maxBatch: number;
  /** Batches that run at the same time. */
  readonly concurrency: number;
  /** Items that wait or run. */
  readonly maxPending: number;
  /** The error of a request beyond `maxPending`. */
  readonly full: () => Error;
  /** Runs before a batch is taken: items that come until then join it. The end of the current microtask when left out. */
  readonly delay?: () => Promise<void>;
}

/** Collects requests of the same kind while others run, and runs them together. */
export class Batcher<Item, Result> {
  private requests: PendingBatch<Item, Result>[] = [];
  private pending = 0;
  private running = 0;

  constructor(
    /** Returns a result for each item, in order. */
    private readonly run: (items: readonly Item[]) => Promise<readonly Result[]>,
    private readonly options: BatcherOptions,
  ) {}

  /** Results in the order of the items. Rejects with the error of its batch, or with `full`. */
  async add(items: readonly Item[]): Promise<readonly Result[]> {
    const { concurrency, full, maxPending } = this.options;
    if (this.pending > 0 && this.pending + items.length > maxPending) throw full();
    this.pending += items.length;
    try {
      return await new Promise<readonly Result[]>((resolve, reject) => {
        this.requests.push({ items, resolve, reject });
        if (this.running < concurrency) void this.work();
      });
    } finally {
      this.pending -= items.length;
    }
  }

  private async work(): Promise<void> {
    const { delay = () => Promise.resolve() } = this.options;
    this.running += 1;
    while (this.requests.length > 0) {
      await delay();
      const batch = this.take();
      if (batch.length > 0) await this.runBatch(batch);
    }
    this.running -= 1;
  }

  private take(): readonly PendingBatch<Item, Result>[] {
    let [requests, items] = [0, 0];
    for (const { items: more } of this.requests) {
      if (requests > 0 && items + more.length > this.options.maxBatch) break;
      [requests, items] = [requests + 1, items + more.length];
    }
    return this.requests.splice(0, requests);
  }

  private async runBatch(batch: readonly PendingBatch<Item, Result>[]): Promise<void> {
    try {
      const results = await this.run(batch.flatMap(({ items }) => items));
      let from = 0;
      for (const { items, resolve } of batch) resolve(results.slice(from, (from += items.length)));
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }
}
