const REST_MILLISECONDS = 1_000;

/** Which of several equal servers is asked next: each in its turn, those that just failed last. */
export class Replicas {
  private readonly failedAt = new Map<string, number>();
  private turn = 0;

  constructor(private readonly urls: readonly string[]) {}

  next(): string {
    this.turn += 1;
    const inTurn = this.urls.map((_, i) => this.urls[(this.turn + i) % this.urls.length]!);
    return inTurn.find((url) => !this.rests(url)) ?? inTurn[0]!;
  }

  failed(url: string): void {
    this.failedAt.set(url, performance.now());
  }

  private rests(url: string): boolean {
    return performance.now() - (this.failedAt.get(url) ?? -REST_MILLISECONDS) < REST_MILLISECONDS;
  }
}
