import { randomBytes, randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { hashOfKey, KeyDirectory, notFound, type Caller, type ROLES } from '@tallystick/contracts';
import { RecordStore } from '@tallystick/eventing';
import { v5 } from 'uuid';

/** Who holds a key, by its hash. */
const HOLDERS = 'key-holders';
/** What is shown of keys, by organization; keys of services and operators belong to none. */
const KEYS = 'keys';
const NO_ORGANIZATION = '#operations';
/** Of the ids that are made from idempotency keys; never changed. */
const KEY_IDS = '0b6d3c34-9a55-5f0e-8a0a-4e0c5f6c7d21';

export interface KeyRequest {
  readonly role: (typeof ROLES)[number];
  readonly organizationId?: string;
  readonly projectId?: string;
  readonly name?: string;
}

interface KeyRecord extends KeyRequest {
  readonly keyId: string;
  readonly hash: string;
  /** To be recognised by, never enough to guess the rest. */
  readonly ending: string;
  readonly createdAt: string;
  readonly rolledAt?: string;
  readonly revokedAt?: string;
}

export type KeyView = Omit<KeyRecord, 'hash'>;
/** `key` is shown this once: only its hash is kept. */
export type IssuedKey = KeyView & { readonly key: string };

/** Keys of callers: issued, rolled, revoked, found; stored hashed. */
@Injectable()
export class KeysService extends KeyDirectory {
  private readonly listeners: (() => void)[] = [];

  constructor(private readonly records: RecordStore) {
    super();
  }

  override async find(hashes: readonly string[]): Promise<readonly (Caller | undefined)[]> {
    const holders = await this.records.get(HOLDERS, hashes, Date.now());
    return holders as readonly (Caller | undefined)[];
  }

  override onRevoked(forget: () => void): void {
    this.listeners.push(forget);
  }

  /**
   * With an Idempotency-Key the key's id comes from it: a repetition, whose first answer was lost with its secret, finds the
   * key and gives it a new secret. So there is one key, and the secret answered last is good.
   */
  async issue(request: KeyRequest, idempotencyKey?: string): Promise<IssuedKey> {
    const { organizationId } = request;
    const keyId =
      idempotencyKey === undefined ? randomUUID() : v5(`${organizationId} ${idempotencyKey}`, KEY_IDS);
    const place = placeOf({ organizationId, keyId });
    const [made] = idempotencyKey === undefined ? [] : await this.records.get(KEYS, [place], Date.now());
    if (made !== undefined) return this.roll(organizationId, keyId);
    return this.store({ keyId, ...request, createdAt: new Date().toISOString() });
  }

  /** A new secret under the same id; the old one is good no more. */
  async roll(organizationId: string | undefined, keyId: string): Promise<IssuedKey> {
    const { hash, ...record } = await this.record(organizationId, keyId);
    if (record.revokedAt !== undefined) throw notFound('key');
    const issued = await this.store({ ...record, rolledAt: new Date().toISOString() });
    await this.forget(hash);
    return issued;
  }

  async revoke(organizationId: string | undefined, keyId: string): Promise<KeyView> {
    const record = await this.record(organizationId, keyId);
    await this.forget(record.hash);
    const revoked = { ...record, revokedAt: record.revokedAt ?? new Date().toISOString() };
    await this.records.put(KEYS, [{ key: placeOf(record), value: revoked }]);
    return viewOf(revoked);
  }

  async get(organizationId: string | undefined, keyId: string): Promise<KeyView> {
    return viewOf(await this.record(organizationId, keyId));
  }

  async list(
    organizationId: string | undefined,
    after: string | undefined,
    limit: number,
  ): Promise<readonly KeyView[]> {
    const prefix = `${organizationId ?? NO_ORGANIZATION}/`;
    const query = { prefix, after: after === undefined ? undefined : prefix + after, limit, now: Date.now() };
    const found = await this.records.list(KEYS, query);
    return found.map(({ value }) => viewOf(value as KeyRecord));
  }

  private async store(request: Omit<KeyRecord, 'hash' | 'ending'>): Promise<IssuedKey> {
    const key = `tsk_${request.role}_${randomBytes(24).toString('base64url')}`;
    const record: KeyRecord = { ...request, hash: await hashOfKey(key), ending: key.slice(-4) };
    const { keyId, role, organizationId, projectId } = record;
    // Listed first: a key that works is always one that can be seen and revoked.
    await this.records.put(KEYS, [{ key: placeOf(record), value: record }]);
    await this.records.put(HOLDERS, [
      { key: record.hash, value: { keyId, role, organizationId, projectId } satisfies Caller },
    ]);
    return { ...viewOf(record), key };
  }

  private async forget(hash: string): Promise<void> {
    await this.records.remove(HOLDERS, [hash]);
    for (const listener of this.listeners) listener();
  }

  private async record(organizationId: string | undefined, keyId: string): Promise<KeyRecord> {
    const [record] = await this.records.get(KEYS, [placeOf({ organizationId, keyId })], Date.now());
    if (record === undefined) throw notFound('key');
    return record as KeyRecord;
  }
}

const placeOf = ({ organizationId, keyId }: { organizationId?: string; keyId: string }): string =>
  `${organizationId ?? NO_ORGANIZATION}/${keyId}`;

const viewOf = ({ hash: _hash, ...view }: KeyRecord): KeyView => view;
