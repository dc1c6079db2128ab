/** Executes index work in order: immediately, held back, or with a delay as on a real server. */
export class Indexing {
  private readonly waiting: (() => void)[] = [];
  private holds = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly lagMs = 0) {}

  /** Holds back index work until the returned function is called. */
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

  /** Runs the work after all earlier work. */
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
