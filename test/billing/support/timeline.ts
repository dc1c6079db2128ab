export interface Moment {
  /** Waits until the clock of the server shows this time. Everything that fell due on the way has been done. */
  readonly at: (time: string) => Promise<void>;
}

interface WaitingStory {
  readonly time: string;
  readonly resume: () => void;
  readonly fail: (error: Error) => void;
}

/**
 * Runs several stories on one clock that only goes forward. While a story acts, the clock does not move. When every story
 * waits for a time, the clock advances to the earliest of these times.
 */
export class Timeline {
  private readonly waiting = new Set<WaitingStory>();
  private acting = 0;

  constructor(
    private now: string,
    private readonly advance: (to: string) => Promise<void>,
  ) {}

  /** Runs the stories from now on. The promises are in the order of the stories. */
  run(stories: readonly ((moment: Moment) => Promise<void>)[]): readonly Promise<void>[] {
    this.acting += stories.length;
    return stories.map((story) => story({ at: (time) => this.at(instant(time)) }).finally(() => this.rest()));
  }

  private at(time: string): Promise<void> {
    if (time < this.now) throw new Error(`The clock already shows ${this.now}, after ${time}.`);
    if (time === this.now) return Promise.resolve();
    const reached = new Promise<void>((resume, fail) => this.waiting.add({ time, resume, fail }));
    this.rest();
    return reached;
  }

  private rest(): void {
    this.acting -= 1;
    if (this.acting === 0 && this.waiting.size > 0) void this.next();
  }

  private async next(): Promise<void> {
    const [earliest = ''] = [...this.waiting].map(({ time }) => time).sort();
    const failed = await this.advance(earliest).then(
      () => undefined,
      (error: Error) => error,
    );
    this.now = earliest;
    const due = [...this.waiting].filter(({ time }) => time === earliest);
    this.acting += due.length;
    for (const story of due) {
      this.waiting.delete(story);
      if (failed === undefined) story.resume();
      else story.fail(failed);
    }
  }
}

/** Instants of one form, so that their order is that of their texts. */
export const instant = (time: string): string => new Date(time.length === 16 ? `${time}Z` : time).toISOString();
