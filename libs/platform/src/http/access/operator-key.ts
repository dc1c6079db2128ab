import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { RecordStore } from '@tallystick/eventing';
import { systemClock } from '@tallystick/runtime';

const COLLECTION = 'platform';
const RECORD = 'operator-key';

/** The first key of an installation, for the time before the directory has keys. Only its digest is stored. */
export class OperatorKey {
  private constructor(
    private readonly records: RecordStore,
    /** Defined if it is configured, or new. */
    readonly key: string | undefined,
    private digest: Buffer | undefined,
    readonly isNew: boolean,
  ) {}

  /** The configured key, else the stored one of an earlier start, else (if `makes`) a new one. */
  static async of(configured: string | undefined, records: RecordStore, makes: boolean): Promise<OperatorKey> {
    if (configured !== undefined) return new OperatorKey(records, configured, digestOf(configured), false);
    const stored = await kept(records);
    if (stored || !makes) return new OperatorKey(records, undefined, stored, false);
    const key = `tsk_operator_${randomBytes(24).toString('base64url')}`;
    return new OperatorKey(records, key, digestOf(key), true);
  }

  /** `digest`: SHA-256. */
  isDigest(digest: Buffer): boolean {
    return this.digest !== undefined && timingSafeEqual(this.digest, digest);
  }

  /** Reads the stored digest again before the comparison: another process may have stored it since. */
  async isDigestByNow(digest: Buffer): Promise<boolean> {
    if (this.key !== undefined && !this.isNew) return false;
    this.digest = (await kept(this.records)) ?? this.digest;
    return this.isDigest(digest);
  }

  /**
   * Stores a new key; called after it was shown to the operator. Before that, every start creates another key.
   * False if another process that started at the same time has stored its key first: that key is valid.
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
