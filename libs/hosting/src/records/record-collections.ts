import type { RecordChange, RecordStore, StoredRecord } from '@tallystick/eventing';
import type { Clock, SystemClock } from '@tallystick/runtime';

/**
 * The names of an owner's record collections in the store: `<owner>.<name>`, so that two owners never write the same one.
 * `legacy` names the collections that are older than this rule; they keep the name that they have.
 */
export function collectionsOf<const Name extends string>(
  owner: string,
  names: readonly Name[],
  legacy?: Readonly<Partial<Record<NoInfer<Name>, string>>>,
): Readonly<Record<Name, string>> {
  const entries = names.map((name) => [name, legacy?.[name] ?? `${owner}.${name}`]);
  return Object.fromEntries(entries) as Record<Name, string>;
}

interface ListQuery {
  readonly prefix?: string;
  readonly after?: string;
  readonly limit: number;
}

/** One collection of the record store with values of one type. Records expire by the given clock: `Clock` for what is kept for business reasons. */
export class RecordCollection<Value> {
  constructor(
    private readonly store: RecordStore,
    readonly name: string,
    private readonly clock: Clock | SystemClock,
  ) {}

  /** Values in the order of the keys; undefined where there is no record. */
  async get(keys: readonly string[]): Promise<readonly (Value | undefined)[]> {
    if (keys.length === 0) return [];
    return (await this.store.get(this.name, keys, this.clock.now())) as readonly (Value | undefined)[];
  }

  async find(key: string): Promise<Value | undefined> {
    return (await this.get([key]))[0];
  }

  /** Records whose key begins with `prefix`, behind the key `after`, in the order of keys. */
  async list({ prefix = '', after, limit }: ListQuery): Promise<readonly { key: string; value: Value }[]> {
    const found = await this.store.list(this.name, { prefix, after, limit, now: this.clock.now() });
    return found as readonly { key: string; value: Value }[];
  }

  /** Writes all records or none, and replaces those with the same key. */
  async put(records: readonly (StoredRecord & { readonly value: Value })[]): Promise<void> {
    if (records.length > 0) await this.store.put(this.name, records);
  }

  /** Writes the record if there is none with its key. */
  putNew(key: string, value: Value): Promise<boolean> {
    return this.store.putNew(this.name, { key, value }, this.clock.now());
  }

  /** Writes all changes if every record still has the value `from`; otherwise none. */
  replace(changes: readonly RecordChange[]): Promise<boolean> {
    return this.store.replace(changes, this.clock.now());
  }

  /** A change of this collection for `replace`. `from`: the value that was read; undefined for a new record. */
  change(from: Value | undefined, to: StoredRecord & { readonly value: Value }): RecordChange {
    return { collection: this.name, from, ...to };
  }

  async remove(keys: readonly string[]): Promise<void> {
    if (keys.length > 0) await this.store.remove(this.name, keys);
  }
}
