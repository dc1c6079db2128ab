/** Runs pieces of work one at a time, in the order in which they come. */
export class Mutex {
  private last: Promise<unknown> = Promise.resolve();

  /** Settles as `work` does. A failure does not stop the work after it. */
  run<T>(work: () => Promise<T>): Promise<T> {
    const result = this.last.then(work);
    this.last = result.catch(() => undefined);
    return result;
  }

  /** Resolves when the work accepted so far is done. */
  async idle(): Promise<void> {
    await this.last;
  }
}
