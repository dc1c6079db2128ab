import { randomBytes, randomUUID } from 'node:crypto';
import type { ApiKeyResponse, IssuedApiKeyResponse } from '@tallystick/contracts/ledger';
import { Injectable } from '@nestjs/common';
import { hashOfKey, KeyDirectory, notFound, Problem, type Caller, type ROLES } from '@tallystick/contracts/http';
import { type RecordChange, RecordStore } from '@tallystick/eventing';
import { v5 } from 'uuid';

/** What is kept of keys, by organization; keys of services and operators belong to none. It alone says which secret is good. */
const KEYS = 'keys';
/** Whose key a hash may be: the place of the record, which is asked whether it is. */
const HOLDERS = 'key-holders';
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

/**
 * Keys of callers: issued, rolled, revoked, found; stored hashed. A key has one record with one hash, which is only written
 * where it is as it was read. So one secret of a key is good at a time and none after its revocation, in whichever order
 * several processes do this and wherever they stop.
 */
@Injectable()
export class KeysService extends KeyDirectory {
  private readonly listeners: (() => void)[] = [];

  constructor(private readonly records: RecordStore) {
    super();
  }

  override async find(hashes: readonly string[]): Promise<readonly (Caller | undefined)[]> {
    const now = Date.now();
    const holders = (await this.records.get(HOLDERS, hashes, now)) as readonly (Caller | undefined)[];
    const places = holders.map((holder) => holder && placeOf(holder));
    const kept = await this.records.get(KEYS, [...new Set(places.filter((place) => place !== undefined))], now);
    const records = new Map((kept as (KeyRecord | undefined)[]).flatMap((it) => (it ? [[placeOf(it), it]] : [])));
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
  async issue(request: KeyRequest, idempotencyKeys: readonly string[] = []): Promise<IssuedApiKeyResponse> {
    const { organizationId, role, projectId, name } = request;
    const ids = idempotencyKeys.map((key) => v5(`${organizationId} ${key}`, KEY_IDS));
    for (const keyId of ids) {
      const made = await this.known(placeOf({ organizationId, keyId }));
      if (made === undefined) continue;
      if (made.role !== role || made.projectId !== projectId || made.name !== name) throw otherKey();
      if (made.revokedAt !== undefined)
        throw conflict(
          'The key that this Idempotency-Key made was revoked. Use a new Idempotency-Key for another key.',
        );
      return this.rolled(made);
    }
    const keyId = ids[0] ?? randomUUID();
    return this.store(undefined, { keyId, ...request, createdAt: new Date().toISOString() });
  }

  /** A new secret under the same id; the old one ends. Throws a 409 Problem where the key was rolled or revoked meanwhile. */
  async roll(organizationId: string | undefined, keyId: string): Promise<IssuedApiKeyResponse> {
    return this.rolled(await this.record(organizationId, keyId));
  }

  /** Safe to repeat: what was revoked once stays as it was. */
  async revoke(organizationId: string | undefined, keyId: string): Promise<ApiKeyResponse> {
    for (;;) {
      const record = await this.record(organizationId, keyId);
      const revoked = { ...record, revokedAt: record.revokedAt ?? new Date().toISOString() };
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
    const query = { prefix, after: after === undefined ? undefined : prefix + after, limit, now: Date.now() };
    const found = await this.records.list(KEYS, query);
    return found.map(({ value }) => viewOf(value as KeyRecord));
  }

  private async rolled(record: KeyRecord): Promise<IssuedApiKeyResponse> {
    if (record.revokedAt !== undefined) throw notFound('key');
    const issued = await this.store(record, { ...record, rolledAt: new Date().toISOString() });
    await this.dropHolders([record.hash]);
    return issued;
  }

  private async store(
    from: KeyRecord | undefined,
    request: Omit<KeyRecord, 'hash' | 'ending'>,
  ): Promise<IssuedApiKeyResponse> {
    const key = `tsk_${request.role}_${randomBytes(24).toString('base64url')}`;
    const record: KeyRecord = { ...request, hash: await hashOfKey(key), ending: key.slice(-4) };
    const holder = { collection: HOLDERS, key: record.hash, from: undefined, value: callerOf(record) };
    if (!(await this.write(from, record, holder))) throw conflict(CHANGED);
    return { ...viewOf(record), key };
  }

  /** Whether it was written: not where the record is not `from` any more. */
  private async write(from: KeyRecord | undefined, to: KeyRecord, ...more: readonly RecordChange[]) {
    try {
      const change = { collection: KEYS, key: placeOf(to), from, value: to };
      return await this.records.replace([change, ...more], Date.now());
    } finally {
      for (const listener of this.listeners) listener();
    }
  }

  /** Where this fails nothing is lost: a hash that its record does not have opens nothing. */
  private async dropHolders(hashes: readonly string[]): Promise<void> {
    if (hashes.length > 0) await this.records.remove(HOLDERS, hashes).catch(() => undefined);
  }

  private async record(organizationId: string | undefined, keyId: string): Promise<KeyRecord> {
    const record = await this.known(placeOf({ organizationId, keyId }));
    if (record === undefined) throw notFound('key');
    return record;
  }

  private async known(place: string): Promise<KeyRecord | undefined> {
    const [record] = await this.records.get(KEYS, [place], Date.now());
    return record as KeyRecord | undefined;
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
