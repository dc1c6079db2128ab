import type { Random } from './random';

/** The lifetime of a process. Its running work does not continue after the end. */
export class ProcessLife {
  isOver = false;
  private notify: () => void = () => undefined;
  readonly over = new Promise<void>((resolve) => (this.notify = resolve));

  end(): void {
    this.isOver = true;
    this.notify();
  }
}

interface Turn {
  readonly life: ProcessLife | undefined;
  readonly take: () => void;
}

/** Schedules all waiting work in an order that only the seed decides. */
export class TurnScheduler {
  private readonly turns: Turn[] = [];

  constructor(private readonly random: Random) {}

  turn(life?: ProcessLife): Promise<void> {
    return new Promise((take) => this.turns.push({ life, take }));
  }

  /** False if no work waits. */
  async next(): Promise<boolean> {
    while (this.turns.length > 0) {
      const at = this.random.below(this.turns.length);
      const { life, take } = this.turns[at]!;
      const last = this.turns.pop()!;
      if (at < this.turns.length) this.turns[at] = last;
      if (life?.isOver) continue;
      take();
      await microtasksDone();
      return true;
    }
    return false;
  }
}

/** Resolves after all microtasks. */
const { nextTick } = process;
export const microtasksDone = (): Promise<void> => new Promise((resolve) => nextTick(resolve));
