import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { type Caller, KeyDirectory } from '@tallystick/contracts/http';
import { CONFIGURATION } from '@tallystick/hosting';
import { SystemClock } from '@tallystick/runtime';
import type { Configuration } from '../../configuration';
import { OperatorKey } from './operator-key';
import { keepNewest, PacedLookUps, TokenBuckets, tooManyUnknownKeys } from './unknown-keys';

const REMEMBERED = 10_000;
/** Time for which an unknown key is not looked up again. Short, because another process may create the key. */
const UNKNOWN_MILLISECONDS = 1_000;
const OPERATOR: Caller = { keyId: 'operator', role: 'operator' };
/** The services of this installation in other processes. */
const INTERNAL: Caller = { keyId: 'internal', role: 'internal' };

interface Known {
  readonly caller: Caller;
  readonly until: number;
}

type KeyCacheSettings = Pick<
  Configuration,
  'keyCacheSeconds' | 'ledgerKey' | 'unknownKeysPerMinute' | 'unknownKeysBurst'
>;

/**
 * Finds the holder of a key: the operator, a service of the installation, or the holder in the directory. Valid keys are cached for
 * seconds. Look-ups of unknown keys are limited per client address. The cache contains hashes only, so that no key stays in memory
 * after its request.
 */
@Injectable()
export class KeyCache {
  private readonly known = new Map<string, Known>();
  private readonly unknown = new Map<string, number>();
  private readonly underWay = new Map<string, Promise<Caller | undefined>>();
  private readonly shares: TokenBuckets;
  private readonly paced = new PacedLookUps((hashes) => this.read(hashes));
  private readonly internal: Buffer | undefined;
  private changes = 0;

  constructor(
    private readonly directory: KeyDirectory,
    private readonly operator: OperatorKey,
    @Inject(CONFIGURATION) private readonly settings: KeyCacheSettings,
    private readonly clock: SystemClock,
  ) {
    directory.onRevoked(() => this.forget());
    const { ledgerKey, unknownKeysPerMinute, unknownKeysBurst } = settings;
    if (ledgerKey !== undefined) this.internal = digestOf(ledgerKey);
    this.shares = new TokenBuckets(unknownKeysPerMinute, unknownKeysBurst);
  }

  /** `address`: of the client. Undefined for an unknown key. Throws Problem 429 after too many unknown keys. */
  async holder(key: string, address: string, now = this.clock.now()): Promise<Caller | undefined> {
    const digest = digestOf(key);
    if (this.operator.isDigest(digest)) return OPERATOR;
    if (this.internal?.equals(digest)) return INTERNAL;
    const hash = digest.toString('base64url');
    const known = this.known.get(hash);
    if (known && known.until > now) return known.caller;
    // A key whose entry has expired takes no token.
    if (known) return this.lookUp(hash, now);
    const hasShare = this.shares.take(address, now);
    const isUnknown = (this.unknown.get(hash) ?? 0) > now;
    const caller = isUnknown ? undefined : await this.lookUp(hash, now, hasShare);
    if (caller && hasShare) this.shares.giveBack(address, now);
    if (!caller && !hasShare) throw tooManyUnknownKeys(this.shares.secondsToWait(address, now));
    return caller;
  }

  /** Concurrent look-ups of one key share one read. */
  private async lookUp(hash: string, now: number, isAtOnce = true): Promise<Caller | undefined> {
    const { changes } = this;
    const shared = this.underWay.get(hash);
    const asked = shared ?? (isAtOnce ? this.read([hash]).then(([caller]) => caller) : this.paced.add(hash));
    if (asked === undefined) return undefined;
    this.underWay.set(hash, asked);
    try {
      const caller = await asked;
      if (changes === this.changes) this.remember(hash, caller, now);
      return caller;
    } finally {
      if (this.underWay.get(hash) === asked) this.underWay.delete(hash);
    }
  }

  private async read(hashes: readonly string[]): Promise<(Caller | undefined)[]> {
    const found = [...(await this.directory.find(hashes))];
    const missing = hashes.findIndex((_, at) => found[at] === undefined);
    if (missing === -1) return found;
    // Another process may have created the first operator key. One read is enough for all hashes.
    await this.operator.isDigestByNow(digestIn(hashes[missing]!));
    return hashes.map((hash, at) => found[at] ?? (this.operator.isDigest(digestIn(hash)) ? OPERATOR : undefined));
  }

  private remember(hash: string, caller: Caller | undefined, now: number): void {
    if (caller) {
      const until = now + this.settings.keyCacheSeconds * 1_000;
      keepNewest(this.known, hash, { caller, until }, REMEMBERED);
    } else {
      this.known.delete(hash);
      keepNewest(this.unknown, hash, now + UNKNOWN_MILLISECONDS, REMEMBERED);
    }
  }

  private forget(): void {
    this.changes += 1;
    this.known.clear();
    this.unknown.clear();
    this.underWay.clear();
  }
}

const digestOf = (key: string): Buffer => createHash('sha256').update(key).digest();
const digestIn = (hash: string): Buffer => Buffer.from(hash, 'base64url');
