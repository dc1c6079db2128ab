import type { Health } from './event-store';

/**
 * A record that is stored beside the streams, because it must be erasable or is not part of the ledger: keys (hashed), names, job
 * details, refusals, answers to repeated writes. Durable, and not rebuildable.
 */
export interface StoredRecord {
  readonly key: string;
  readonly value: unknown;
  /** Epoch milliseconds; the record is gone from then on. */
  readonly expiresAt?: number;
}

/** One of several writes that are stored together or not at all. */
export interface RecordChange extends StoredRecord {
  readonly collection: string;
  /** The value as it was read; undefined where there was no record, or an expired one. */
  readonly from: unknown;
}

/** The collections from which expired records are removed. Default: all. */
export interface PurgeScope {
  readonly only?: readonly string[];
  readonly except?: readonly string[];
}

export abstract class RecordStore {
  /** Writes all of them or none; a record with the same key is replaced. */
  abstract put(collection: string, records: readonly StoredRecord[]): Promise<void>;
  /** Writes each record whose key is free (no record, or one that has expired by `now`), and returns the keys that it wrote. */
  abstract putFree(collection: string, records: readonly StoredRecord[], now: number): Promise<ReadonlySet<string>>;
  /**
   * Compare-and-set: writes all records and returns true if each one still has the value `from`; otherwise writes none.
   * The value is compared, not a version: it is the whole state of a record, and an older replica, which writes without
   * a condition, cannot bring a version out of step. To remove a record, write it with an `expiresAt` of `now`.
   */
  abstract replace(changes: readonly RecordChange[], now: number): Promise<boolean>;
  /** In the order of the keys; undefined where there is none or it has expired by `now`. */
  abstract get(collection: string, keys: readonly string[], now: number): Promise<readonly (unknown | undefined)[]>;
  /** Records whose key starts with `prefix`, after key `after`, in the order of keys. */
  abstract list(
    collection: string,
    query: { prefix: string; after?: string; limit: number; now: number },
  ): Promise<readonly StoredRecord[]>;
  /** Writes the record only where its key is free, as `putFree` does. */
  async putNew(collection: string, record: StoredRecord, now = 0): Promise<boolean> {
    return (await this.putFree(collection, [record], now)).has(record.key);
  }
  abstract remove(collection: string, keys: readonly string[]): Promise<void>;
  /** Removes what has expired; returns how many. */
  abstract purge(now: number, scope?: PurgeScope): Promise<number>;
  abstract close(): Promise<void>;

  /** For readiness. */
  health(): Promise<Health> {
    return Promise.resolve({});
  }
}
