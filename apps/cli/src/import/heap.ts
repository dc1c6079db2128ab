/** A binary heap: what is added in any order comes out by rising key. */
export class Heap<Item> {
  private readonly items: Item[] = [];

  constructor(private readonly keyOf: (item: Item) => number) {}

  get size(): number {
    return this.items.length;
  }

  peek(): Item | undefined {
    return this.items[0];
  }

  push(item: Item): void {
    let at = this.items.length;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (this.key(parent) <= this.keyOf(item)) break;
      this.items[at] = this.items[parent]!;
      at = parent;
    }
    this.items[at] = item;
  }

  pop(): Item | undefined {
    const first = this.items[0];
    const last = this.items.pop();
    if (last !== undefined && this.items.length > 0) this.sink(last);
    return first;
  }

  private sink(item: Item): void {
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= this.items.length) break;
      if (child + 1 < this.items.length && this.key(child + 1) < this.key(child)) child++;
      if (this.key(child) >= this.keyOf(item)) break;
      this.items[at] = this.items[child]!;
      at = child;
    }
    this.items[at] = item;
  }

  private key(at: number): number {
    return this.keyOf(this.items[at]!);
  }
}
