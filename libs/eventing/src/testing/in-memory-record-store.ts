import { RecordStore, type StoredRecord } from '../record-store';

const isLive = ({ expiresAt }: StoredRecord, now: number | undefined): boolean =>
  expiresAt === undefined || now === undefined || expiresAt > now;
const copy = <T>(value: T): T => JSON.parse(JSON.stringify(value ?? null)) as T;

export class InMemoryRecordStore extends RecordStore {
  private readonly collections = new Map<string, Map<string, StoredRecord>>();

  private of(collection: string): Map<string, StoredRecord> {
    const known = this.collections.get(collection) ?? new Map<string, StoredRecord>();
    this.collections.set(collection, known);
    return known;
  }

  override async put(collection: string, records: readonly StoredRecord[]): Promise<void> {
    const copies = records.map((record) => ({ ...record, value: copy(record.value) }));
    for (const record of copies) this.of(collection).set(record.key, record);
  }

  override async putNew(collection: string, record: StoredRecord, now?: number): Promise<boolean> {
    const known = this.of(collection).get(record.key);
    if (known && isLive(known, now)) return false;
    await this.put(collection, [record]);
    return true;
  }

  override async get(
    collection: string,
    keys: readonly string[],
    now: number,
  ): Promise<readonly (unknown | undefined)[]> {
    return keys.map((key) => {
      const record = this.of(collection).get(key);
      return record && isLive(record, now) ? copy(record.value) : undefined;
    });
  }

  override async list(
    collection: string,
    { prefix, after = '', limit, now }: { prefix: string; after?: string; limit: number; now: number },
  ): Promise<readonly StoredRecord[]> {
    return [...this.of(collection).values()]
      .filter((record) => record.key.startsWith(prefix) && record.key > after && isLive(record, now))
      .sort((a, b) => (a.key < b.key ? -1 : 1))
      .slice(0, limit)
      .map((record) => ({ ...record, value: copy(record.value) }));
  }

  override async remove(collection: string, keys: readonly string[]): Promise<void> {
    for (const key of keys) this.of(collection).delete(key);
  }

  override async purge(now: number): Promise<number> {
    let removed = 0;
    for (const records of this.collections.values()) {
      for (const record of records.values())
        if (!isLive(record, now) && records.delete(record.key)) removed++;
    }
    return removed;
  }

  override async close(): Promise<void> {}
}
