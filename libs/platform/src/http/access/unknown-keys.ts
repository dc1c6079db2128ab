import { Problem } from '@tallystick/contracts/http';

/** Maximum number of buckets. The bucket that was unused for longest is dropped first. */
const ADDRESSES = 10_000;
const MINUTE = 60_000;

interface Bucket {
  readonly tokens: number;
  readonly at: number;
}

/** One token bucket per client address, which limits look-ups of unknown keys. */
export class TokenBuckets {
  private readonly buckets = new Map<string, Bucket>();

  constructor(
    private readonly perMinute: number,
    private readonly burst: number,
  ) {}

  /** Takes a token. False if there is none. */
  take(address: string, now: number): boolean {
    const tokens = this.tokensOf(address, now);
    this.keep(address, { tokens: tokens < 1 ? tokens : tokens - 1, at: now });
    return tokens >= 1;
  }

  giveBack(address: string, now: number): void {
    this.keep(address, { tokens: Math.min(this.burst, this.tokensOf(address, now) + 1), at: now });
  }

  /** Seconds until the next token, at least 1. */
  secondsToWait(address: string, now: number): number {
    const missing = 1 - this.tokensOf(address, now);
    return Math.max(1, Math.ceil((missing * MINUTE) / this.perMinute / 1_000));
  }

  private tokensOf(address: string, now: number): number {
    const { tokens, at } = this.buckets.get(address) ?? { tokens: this.burst, at: now };
    return Math.min(this.burst, tokens + (Math.max(0, now - at) * this.perMinute) / MINUTE);
  }

  private keep(address: string, bucket: Bucket): void {
    keepNewest(this.buckets, address, bucket, ADDRESSES);
  }
}

/** Puts an entry last, and drops the first one if the map is full. */
export function keepNewest<Value>(map: Map<string, Value>, name: string, value: Value, most: number): void {
  map.delete(name);
  if (map.size >= most) map.delete(map.keys().next().value!);
  map.set(name, value);
}

const PAUSE_MILLISECONDS = 100;
const IN_ONE_READ = 1_000;
const MOST_WAITING = 10_000;

interface PendingLookUp<Found> {
  readonly hash: string;
  readonly resolve: (found: Found) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Look-ups of addresses without tokens. They are batched, with at most ten reads per second, so that valid keys are still found and
 * are not refused because of unknown ones.
 */
export class PacedLookUps<Found> {
  private waiting: PendingLookUp<Found>[] = [];
  private isPaced = false;

  constructor(private readonly find: (hashes: readonly string[]) => Promise<readonly Found[]>) {}

  /** Undefined if the queue is full. */
  add(hash: string): Promise<Found> | undefined {
    if (this.waiting.length >= MOST_WAITING) return undefined;
    const found = new Promise<Found>((resolve, reject) => this.waiting.push({ hash, resolve, reject }));
    this.pace();
    return found;
  }

  private pace(): void {
    if (this.isPaced || this.waiting.length === 0) return;
    this.isPaced = true;
    setTimeout(() => {
      void this.read(this.waiting.splice(0, IN_ONE_READ)).finally(() => {
        this.isPaced = false;
        this.pace();
      });
    }, PAUSE_MILLISECONDS);
  }

  private async read(group: readonly PendingLookUp<Found>[]): Promise<void> {
    try {
      const found = await this.find(group.map(({ hash }) => hash));
      group.forEach(({ resolve }, at) => resolve(found[at]!));
    } catch (error) {
      for (const { reject } of group) reject(error);
    }
  }
}

export const tooManyUnknownKeys = (retryAfter: number): Problem =>
  new Problem(
    429,
    'rate_limited',
    'This key is not known, and too many keys from your address were not. Check the key, and send the request again after the seconds of `Retry-After`. Keys that are known are not affected.',
    { retryAfter },
  );
