import { type PurgeScope, type RecordChange, RecordStore, type StoredRecord } from '@tallystick/eventing';

const isLive = ({ expiresAt }: StoredRecord, now: number): boolean => expiresAt === undefined || expiresAt > now;
const textOf = (value: unknown): string => JSON.stringify(value) ?? 'null';
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

  override async putFree(
    collection: string,
    records: readonly StoredRecord[],
    now: number,
  ): Promise<ReadonlySet<string>> {
    const free = records.filter(({ key }) => this.live(collection, key, now) === undefined);
    await this.put(collection, free);
    return new Set(free.map(({ key }) => key));
  }

  override async replace(changes: readonly RecordChange[], now: number): Promise<boolean> {
    for (const { collection, key, from } of changes) {
      const known = this.live(collection, key, now);
      if ((known && textOf(known.value)) !== (from === undefined ? undefined : textOf(from))) return false;
    }
    for (const { collection, from: _, ...record } of changes)
      this.of(collection).set(record.key, { ...record, value: copy(record.value) });
    return true;
  }

  private live(collection: string, key: string, now: number): StoredRecord | undefined {
    const record = this.of(collection).get(key);
    return record && isLive(record, now) ? record : undefined;
  }

  override async get(
    collection: string,
    keys: readonly string[],
    now: number,
  ): Promise<readonly (unknown | undefined)[]> {
    return keys.map((key) => {
      const record = this.live(collection, key, now);
      return record && copy(record.value);
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

  override async purge(now: number, { only, except = [] }: PurgeScope = {}): Promise<number> {
    let removed = 0;
    for (const [collection, records] of this.collections) {
      if (only ? !only.includes(collection) : except.includes(collection)) continue;
      for (const record of records.values()) if (!isLive(record, now) && records.delete(record.key)) removed++;
    }
    return removed;
  }

  override async close(): Promise<void> {}
}
