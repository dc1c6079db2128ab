import { systemClock } from '@tallystick/runtime';

/** A replica that failed is not chosen for this long. */
const PAUSE_MILLISECONDS = 1_000;

/** Chooses one of several equal servers: in turn, those that failed lately last. */
export class Replicas {
  private readonly failedAt = new Map<string, number>();
  private turn = 0;

  constructor(private readonly urls: readonly string[]) {}

  next(): string {
    this.turn += 1;
    const inTurn = this.urls.map((_, i) => this.urls[(this.turn + i) % this.urls.length]!);
    return inTurn.find((url) => !this.isPaused(url)) ?? inTurn[0]!;
  }

  failed(url: string): void {
    this.failedAt.set(url, systemClock.monotonic());
  }

  private isPaused(url: string): boolean {
    return systemClock.monotonic() - (this.failedAt.get(url) ?? -PAUSE_MILLISECONDS) < PAUSE_MILLISECONDS;
  }
}
