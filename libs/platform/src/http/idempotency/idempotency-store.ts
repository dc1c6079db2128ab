import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { ANSWERS, type KeptAnswer } from '@tallystick/contracts/http';
import { RecordStore, StoreUnavailable, UnknownOutcome } from '@tallystick/eventing';
import { CONFIGURATION } from '@tallystick/hosting';
import type { Configuration } from '../../configuration';

const HOUR = 3_600_000;
/** Members that hold a fresh secret: shown once, never kept. */
const SECRETS = new Set(['key', 'secret']);

/** The first request under one key; without a status it is still under way. */
export interface RememberedAnswer extends KeptAnswer {
  readonly fingerprint: string;
  /** Tells the request that took the name from others that ask for the same. */
  readonly request?: string;
  readonly status?: number;
  readonly body?: unknown;
}

/** A request that has taken its name, as it is stored. */
export interface ClaimedKey {
  readonly name: string;
  readonly value: RememberedAnswer;
}

/**
 * Answers to writes, remembered beside the streams. A name is written by the request that took it and no other: a process
 * that stood still until its time was up does not overwrite what the next request did.
 */
@Injectable()
export class IdempotencyStore {
  constructor(
    private readonly records: RecordStore,
    @Inject(CONFIGURATION) private readonly configuration: Configuration,
  ) {}

  /** Takes the name for a request that begins now; or the request that took it before. */
  async claim(name: string, fingerprint: string): Promise<ClaimedKey | { readonly earlier: RememberedAnswer }> {
    const started: ClaimedKey = { name, value: { fingerprint, request: randomUUID() } };
    if (await this.taken(started)) return started;
    // Gone in between: the request that had it has failed or expired, and the caller asks again.
    return { earlier: (await this.find(name)) ?? started.value };
  }

  async find(name: string): Promise<RememberedAnswer | undefined> {
    const [answer] = await this.records.get(ANSWERS, [name], Date.now());
    return answer as RememberedAnswer | undefined;
  }

  /** Where this fails the request has had no effect, and its repetition must not find the name taken. */
  private async taken(started: ClaimedKey): Promise<boolean> {
    // A process that dies on the way leaves the name taken, for as long as a request may last at most.
    const expiresAt = Date.now() + 2_000 * this.configuration.requestTimeoutSeconds;
    const record = { key: started.name, value: started.value, expiresAt };
    try {
      return await this.records.putNew(ANSWERS, record, Date.now());
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
    const at = Date.now();
    const answer: RememberedAnswer = { fingerprint: value.fingerprint, status, body: withoutSecrets(body), at };
    await this.write({ name, value }, answer, at + hours * HOUR);
  }

  /** Where this fails the name stays taken until it expires. */
  async forget(started: ClaimedKey): Promise<void> {
    await this.write(started, started.value, Date.now()).catch(() => undefined);
  }

  private write({ name: key, value: from }: ClaimedKey, value: RememberedAnswer, expiresAt: number): Promise<boolean> {
    return this.records.replace([{ collection: ANSWERS, key, from, value, expiresAt }], Date.now());
  }
}

function withoutSecrets(body: unknown): unknown {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return body;
  return Object.fromEntries(Object.entries(body).filter(([name]) => !SECRETS.has(name)));
}
