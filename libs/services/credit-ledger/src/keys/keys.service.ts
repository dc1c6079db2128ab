import { randomBytes, randomUUID } from 'node:crypto';
import type { ApiKeyResponse } from '@tallystick/contracts/ledger';
import { Injectable } from '@nestjs/common';
import { hashOfKey, KeyDirectory, notFound, Problem, type Caller, type ROLES } from '@tallystick/contracts/http';
import { type RecordChange, RecordStore } from '@tallystick/eventing';
import { RecordCollection } from '@tallystick/hosting';
import { SystemClock } from '@tallystick/runtime';
import { v5 } from 'uuid';
import { COLLECTIONS } from '../collections';

/** The keys of services and operators belong to no organization. */
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

/** A key with its secret, which only the response of this request has. */
export type IssuedKey = ApiKeyResponse & { readonly key: string };

/**
 * Keys of callers: issued, rolled, revoked, found; stored hashed. A key has one record with one hash, which is only written
 * where it is as it was read. So a key has one valid secret at a time and none after its revocation, in any order of
 * concurrent changes by several processes and after a crash at any step.
 */
@Injectable()
export class KeysService extends KeyDirectory {
  private readonly listeners: (() => void)[] = [];
  /** By organization and id. The key's record alone decides which secret is valid. */
  private readonly keys: RecordCollection<KeyRecord>;
  /** By hash: whose key it may be. */
  private readonly holders: RecordCollection<Caller>;

  constructor(
    records: RecordStore,
    private readonly clock: SystemClock,
  ) {
    super();
    this.keys = new RecordCollection(records, COLLECTIONS.keys, clock);
    this.holders = new RecordCollection(records, COLLECTIONS['key-holders'], clock);
  }

  override async find(hashes: readonly string[]): Promise<readonly (Caller | undefined)[]> {
    const holders = await this.holders.get(hashes);
    const places = holders.map((holder) => holder && placeOf(holder));
    const stored = await this.keys.get([...new Set(places.filter((place) => place !== undefined))]);
    const records = new Map(stored.flatMap((it) => (it ? [[placeOf(it), it]] : [])));
    const good = hashes.map((hash, at) => {
      const record = records.get(places[at] ?? '');
      return record?.hash === hash && record.revokedAt === undefined ? callerOf(record) : undefined;
    });
    // It was rolled or revoked: hashes are written with their record, so such a one is never good again.
    await this.dropHolders(hashes.filter((_, at) => holders[at] !== undefined && good[at] === undefined));
    return good;
  }

  override onRevoked(forget: () => void): void {
    this.listeners.push(forget);
  }

  /**
   * With Idempotency-Keys the key's id comes from the first of them: a repetition, whose first answer was lost with its
   * secret, finds the key and gives it a new secret. So there is one key. Throws a 422 Problem where the key that is there is
   * another one.
   */
  async issue(request: KeyRequest, idempotencyKeys: readonly string[] = []): Promise<IssuedKey> {
    const { organizationId, role, projectId, name } = request;
    const ids = idempotencyKeys.map((key) => v5(`${organizationId} ${key}`, KEY_IDS));
    for (const keyId of ids) {
      const made = await this.keys.find(placeOf({ organizationId, keyId }));
      if (made === undefined) continue;
      if (made.role !== role || made.projectId !== projectId || made.name !== name) throw otherKey();
      if (made.revokedAt !== undefined)
        throw conflict(
          'The key that this Idempotency-Key made was revoked. Use a new Idempotency-Key for another key.',
        );
      return this.rolled(made);
    }
    const keyId = ids[0] ?? randomUUID();
    return this.store(undefined, { keyId, ...request, createdAt: this.clock.timestamp() });
  }

  /** A new secret under the same id; the old one ends. Throws a 409 Problem where another call has rolled or revoked the key. */
  async roll(organizationId: string | undefined, keyId: string): Promise<IssuedKey> {
    return this.rolled(await this.record(organizationId, keyId));
  }

  /** Safe to repeat: what was revoked once stays as it was. */
  async revoke(organizationId: string | undefined, keyId: string): Promise<ApiKeyResponse> {
    for (;;) {
      const record = await this.record(organizationId, keyId);
      const revoked = { ...record, revokedAt: record.revokedAt ?? this.clock.timestamp() };
      // It is only refused where a roll was stored in between.
      if (record.revokedAt === undefined && !(await this.write(record, revoked))) continue;
      await this.dropHolders([record.hash]);
      return viewOf(revoked);
    }
  }

  async get(organizationId: string | undefined, keyId: string): Promise<ApiKeyResponse> {
    return viewOf(await this.record(organizationId, keyId));
  }

  async list(
    organizationId: string | undefined,
    after: string | undefined,
    limit: number,
  ): Promise<readonly ApiKeyResponse[]> {
    const prefix = `${organizationId ?? NO_ORGANIZATION}/`;
    const query = { prefix, after: after === undefined ? undefined : prefix + after, limit };
    return (await this.keys.list(query)).map(({ value }) => viewOf(value));
  }

  private async rolled(record: KeyRecord): Promise<IssuedKey> {
    if (record.revokedAt !== undefined) throw notFound('key');
    const issued = await this.store(record, { ...record, rolledAt: this.clock.timestamp() });
    await this.dropHolders([record.hash]);
    return issued;
  }

  private async store(from: KeyRecord | undefined, request: Omit<KeyRecord, 'hash' | 'ending'>): Promise<IssuedKey> {
    const key = `tsk_${request.role}_${randomBytes(24).toString('base64url')}`;
    const record: KeyRecord = { ...request, hash: await hashOfKey(key), ending: key.slice(-4) };
    const holder = this.holders.change(undefined, { key: record.hash, value: callerOf(record) });
    if (!(await this.write(from, record, holder))) throw conflict(CHANGED);
    return { ...viewOf(record), key };
  }

  /** Whether it was written: not where the record is not `from` any more. */
  private async write(from: KeyRecord | undefined, to: KeyRecord, ...more: readonly RecordChange[]) {
    try {
      return await this.keys.replace([this.keys.change(from, { key: placeOf(to), value: to }), ...more]);
    } finally {
      for (const listener of this.listeners) listener();
    }
  }

  /** Where this fails nothing is lost: a hash that its record does not have opens nothing. */
  private async dropHolders(hashes: readonly string[]): Promise<void> {
    await this.holders.remove(hashes).catch(() => undefined);
  }

  private async record(organizationId: string | undefined, keyId: string): Promise<KeyRecord> {
    const record = await this.keys.find(placeOf({ organizationId, keyId }));
    if (record === undefined) throw notFound('key');
    return record;
  }
}

const placeOf = ({ organizationId, keyId }: { organizationId?: string; keyId: string }): string =>
  `${organizationId ?? NO_ORGANIZATION}/${keyId}`;

const callerOf = ({ keyId, role, organizationId, projectId }: KeyRecord): Caller => ({
  ...{ keyId, role },
  ...(organizationId !== undefined && { organizationId }),
  ...(projectId !== undefined && { projectId }),
});

const viewOf = ({ hash: _hash, ...view }: KeyRecord): ApiKeyResponse => view;

const CHANGED =
  'The key was rolled, revoked or made by another request at the same time. See the list of keys; roll it again if you need a new secret.';
const conflict = (detail: string): Problem => new Problem(409, 'key_conflict', detail);

const otherKey = (): Problem =>
  new Problem(
    422,
    'idempotency_conflict',
    'This Idempotency-Key made another key. Use a new Idempotency-Key for a new key.',
  );
