import type { Random } from './random';

/** Of a process: what is under way in it never comes to an end once it is over. */
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

/** Everything that waits for something waits here; whose turn is next is the seed's choice alone. */
export class TurnScheduler {
  private readonly turns: Turn[] = [];

  constructor(private readonly random: Random) {}

  turn(life?: ProcessLife): Promise<void> {
    return new Promise((take) => this.turns.push({ life, take }));
  }

  /** False when nobody waits. */
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

/** A tick comes after every microtask, and those that they lead to. */
const { nextTick } = process;
export const microtasksDone = (): Promise<void> => new Promise((resolve) => nextTick(resolve));
