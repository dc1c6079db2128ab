import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { ANSWERS, type KeptAnswer } from '@tallystick/contracts/http';
import { RecordStore, StoreUnavailable, UnknownOutcome } from '@tallystick/eventing';
import { CONFIGURATION } from '@tallystick/hosting';
import { SystemClock } from '@tallystick/runtime';
import type { Configuration } from '../../configuration';

const HOUR = 3_600_000;
/** Members with a new secret, which is shown once and never stored. */
const SECRETS = new Set(['key', 'secret']);

/** The first request with a key. Without a status, it is still in progress. */
export interface RememberedAnswer extends KeptAnswer {
  readonly fingerprint: string;
  /** Identifies the request that claimed the name. */
  readonly request?: string;
  readonly status?: number;
  readonly body?: unknown;
}

/** A claimed name with its stored value. */
export interface ClaimedKey {
  readonly name: string;
  readonly value: RememberedAnswer;
}

/**
 * Stores the answers to writes. Only the request that claimed a name writes to it, so that a process that was paused until its claim
 * expired does not overwrite the answer of the next request.
 */
@Injectable()
export class IdempotencyStore {
  constructor(
    private readonly records: RecordStore,
    @Inject(CONFIGURATION) private readonly configuration: Configuration,
    private readonly clock: SystemClock,
  ) {}

  /** Claims the name for a new request, or returns the earlier request that has claimed it. */
  async claim(name: string, fingerprint: string): Promise<ClaimedKey | { readonly earlier: RememberedAnswer }> {
    const started: ClaimedKey = { name, value: { fingerprint, request: randomUUID() } };
    if (await this.taken(started)) return started;
    // The earlier claim has just been released or has expired: the caller retries.
    return { earlier: (await this.find(name)) ?? started.value };
  }

  async find(name: string): Promise<RememberedAnswer | undefined> {
    const [answer] = await this.records.get(ANSWERS, [name], this.clock.now());
    return answer as RememberedAnswer | undefined;
  }

  /** On a failure the request has had no effect, so its repetition must be able to claim the name. */
  private async taken(started: ClaimedKey): Promise<boolean> {
    // After a crash the name stays claimed until this time, which is longer than any request.
    const expiresAt = this.clock.now() + 2_000 * this.configuration.requestTimeoutSeconds;
    const record = { key: started.name, value: started.value, expiresAt };
    try {
      return await this.records.putNew(ANSWERS, record, this.clock.now());
    } catch (error) {
      if (!(error instanceof UnknownOutcome)) throw error;
      await this.forget(started);
      throw new StoreUnavailable(error.message, { cause: error });
    }
  }

  async remember(
    { name, value }: ClaimedKey,
    { status, body }: Partial<RememberedAnswer>,
    hours: number,
  ): Promise<void> {
    const at = this.clock.now();
    const answer: RememberedAnswer = { fingerprint: value.fingerprint, status, body: withoutSecrets(body), at };
    await this.write({ name, value }, answer, at + hours * HOUR);
  }

  /** On a failure the name stays claimed until it expires. */
  async forget(started: ClaimedKey): Promise<void> {
    await this.write(started, started.value, this.clock.now()).catch(() => undefined);
  }

  private write({ name: key, value: from }: ClaimedKey, value: RememberedAnswer, expiresAt: number): Promise<boolean> {
    return this.records.replace([{ collection: ANSWERS, key, from, value, expiresAt }], this.clock.now());
  }
}

function withoutSecrets(body: unknown): unknown {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return body;
  return Object.fromEntries(Object.entries(body).filter(([name]) => !SECRETS.has(name)));
}
