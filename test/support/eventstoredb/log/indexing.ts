/** Index work, in order. Normally done at once; it can be held, or lag behind, as on a real server. */
export class Indexing {
  private readonly waiting: (() => void)[] = [];
  private holds = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly lagMs = 0) {}

  /** Nothing is indexed from now on, until the result is called. */
  hold(): () => void {
    this.holds += 1;
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.holds -= 1;
      if (this.holds === 0) this.catchUp();
    };
  }

  /** Runs the work after all that was given before it. */
  then(work: () => void): void {
    if (this.holds === 0 && this.lagMs === 0 && this.waiting.length === 0) return work();
    this.waiting.push(work);
    if (this.holds === 0 && this.lagMs > 0)
      this.timer ??= setTimeout(() => {
        this.timer = undefined;
        if (this.holds === 0) this.catchUp();
      }, this.lagMs).unref();
  }

  catchUp(): void {
    while (this.waiting.length > 0) this.waiting.shift()!();
  }
}
