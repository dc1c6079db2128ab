import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { RecordStore } from '@tallystick/eventing';
import { systemClock } from '@tallystick/runtime';

const COLLECTION = 'platform';
const RECORD = 'operator-key';

/** The key that opens a new installation, before the directory holds any; only its digest is kept. */
export class OperatorKey {
  private constructor(
    private readonly records: RecordStore,
    /** Only where the configuration names it, or while it is new. */
    readonly key: string | undefined,
    private digest: Buffer | undefined,
    readonly isNew: boolean,
  ) {}

  /** The configured key, else the one that an earlier start made, else (where `makes`) a new one. */
  static async of(configured: string | undefined, records: RecordStore, makes: boolean): Promise<OperatorKey> {
    if (configured !== undefined) return new OperatorKey(records, configured, digestOf(configured), false);
    const stored = await kept(records);
    if (stored || !makes) return new OperatorKey(records, undefined, stored, false);
    const key = `tsk_operator_${randomBytes(24).toString('base64url')}`;
    return new OperatorKey(records, key, digestOf(key), true);
  }

  /** SHA-256. */
  isDigest(digest: Buffer): boolean {
    return this.digest !== undefined && timingSafeEqual(this.digest, digest);
  }

  /** For a key that nobody knows: another process may have made this one's meanwhile. */
  async isDigestByNow(digest: Buffer): Promise<boolean> {
    if (this.key !== undefined && !this.isNew) return false;
    this.digest = (await kept(this.records)) ?? this.digest;
    return this.isDigest(digest);
  }

  /**
   * To be called once somebody has seen a new key; until then the next start makes another.
   * False where another process, started at the same time, was first: then its key is the one.
   */
  async keep(): Promise<boolean> {
    if (!this.isNew) return true;
    const value = this.digest!.toString('base64');
    return this.records.putNew(COLLECTION, { key: RECORD, value });
  }
}

async function kept(records: RecordStore): Promise<Buffer | undefined> {
  const [stored] = await records.get(COLLECTION, [RECORD], systemClock.now());
  return typeof stored === 'string' ? Buffer.from(stored, 'base64') : undefined;
}

const digestOf = (key: string): Buffer => createHash('sha256').update(key).digest();
