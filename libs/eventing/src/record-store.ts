import type { Health } from './event-store';

/**
 * What is kept beside the streams because it must be forgettable or is no movement of credits:
 * keys (hashed), names, job details, refusals, answers to repeated writes. Not rebuildable; durable.
 */
export interface StoredRecord {
  readonly key: string;
  readonly value: unknown;
  /** Epoch milliseconds; the record is gone from then on. */
  readonly expiresAt?: number;
}

export abstract class RecordStore {
  /** Writes all of them or none; a record with the same key is replaced. */
  abstract put(collection: string, records: readonly StoredRecord[]): Promise<void>;
  /** Writes the record only where the key is free; false where it is not. An expired record frees its key where `now` is given, else when purged. */
  abstract putNew(collection: string, record: StoredRecord, now?: number): Promise<boolean>;
  /** In the order of the keys; undefined where there is none or it has expired by `now`. */
  abstract get(
    collection: string,
    keys: readonly string[],
    now: number,
  ): Promise<readonly (unknown | undefined)[]>;
  /** Records whose key starts with `prefix`, after key `after`, in the order of keys. */
  abstract list(
    collection: string,
    query: { prefix: string; after?: string; limit: number; now: number },
  ): Promise<readonly StoredRecord[]>;
  abstract remove(collection: string, keys: readonly string[]): Promise<void>;
  /** Removes what has expired; returns how many. */
  abstract purge(now: number): Promise<number>;
  abstract close(): Promise<void>;

  /** Asked beside reads, for readiness. */
  health(): Promise<Health> {
    return Promise.resolve({});
  }
}
