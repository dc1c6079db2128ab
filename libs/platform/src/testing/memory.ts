import { RecordStore, type StoredRecord } from '@tallystick/eventing';

/** Records in a map, for tests of what stands on them. */
export class MemoryRecords extends RecordStore {
  private readonly collections = new Map<string, Map<string, StoredRecord>>();

  override async put(collection: string, records: readonly StoredRecord[]): Promise<void> {
    for (const record of records) this.of(collection).set(record.key, structuredClone(record));
  }
  override async putNew(collection: string, record: StoredRecord, now = 0): Promise<boolean> {
    const { expiresAt = Infinity } = this.of(collection).get(record.key) ?? { expiresAt: now };
    if (expiresAt > now) return false;
    await this.put(collection, [record]);
    return true;
  }
  override async get(collection: string, keys: readonly string[], now: number): Promise<readonly unknown[]> {
    return keys.map((key) => {
      const { value, expiresAt = Infinity } = this.of(collection).get(key) ?? {};
      return expiresAt > now ? value : undefined;
    });
  }
  override async list(): Promise<readonly StoredRecord[]> {
    return [];
  }
  override async remove(collection: string, keys: readonly string[]): Promise<void> {
    for (const key of keys) this.of(collection).delete(key);
  }
  override async purge(): Promise<number> {
    return 0;
  }
  override async close(): Promise<void> {}

  of(collection: string): Map<string, StoredRecord> {
    const known = this.collections.get(collection) ?? new Map<string, StoredRecord>();
    this.collections.set(collection, known);
    return known;
  }
}
