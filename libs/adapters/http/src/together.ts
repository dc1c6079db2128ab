/** Items that one request holds. */
const MOST_IN_CALL = 1_000;
/** Requests under way at once. */
const MOST_CALLS = 8;

interface Waiting<Item, Reply> {
  readonly items: readonly Item[];
  readonly resolve: (replies: readonly Reply[]) => void;
  readonly reject: (error: unknown) => void;
}

export interface TogetherOptions {
  /** Items that may wait or be under way; who comes beyond is told at once. */
  readonly mostWaiting: number;
  readonly tooMany: () => Error;
}

/** Questions of the same kind that come while others are under way go together in the next request. */
export class Together<Item, Reply> {
  private waiting: Waiting<Item, Reply>[] = [];
  private items = 0;
  private calls = 0;

  constructor(
    private readonly ask: (items: readonly Item[]) => Promise<readonly Reply[]>,
    private readonly options: TogetherOptions,
  ) {}

  /** Replies in the order of the items. */
  async add(items: readonly Item[]): Promise<readonly Reply[]> {
    if (this.items > 0 && this.items + items.length > this.options.mostWaiting) throw this.options.tooMany();
    this.items += items.length;
    try {
      return await new Promise<readonly Reply[]>((resolve, reject) => {
        this.waiting.push({ items, resolve, reject });
        if (this.calls < MOST_CALLS) void this.send();
      });
    } finally {
      this.items -= items.length;
    }
  }

  private async send(): Promise<void> {
    this.calls += 1;
    // Those who come in the same turn of the event loop go together.
    await Promise.resolve();
    for (let group = this.next(); group.length > 0; group = this.next()) await this.call(group);
    this.calls -= 1;
  }

  private next(): readonly Waiting<Item, Reply>[] {
    let [count, items] = [0, 0];
    for (const { items: more } of this.waiting) {
      if (count > 0 && items + more.length > MOST_IN_CALL) break;
      [count, items] = [count + 1, items + more.length];
    }
    return this.waiting.splice(0, count);
  }

  private async call(group: readonly Waiting<Item, Reply>[]): Promise<void> {
    try {
      const replies = await this.ask(group.flatMap(({ items }) => items));
      let from = 0;
      for (const { items, resolve } of group) resolve(replies.slice(from, (from += items.length)));
    } catch (error) {
      for (const { reject } of group) reject(error);
    }
  }
}
