import { Inject, Injectable } from '@nestjs/common';
import { ANSWERS, type KeptAnswer } from '@tallystick/contracts';
import { RecordStore, StoreUnavailable, UnknownOutcome } from '@tallystick/eventing';
import { CONFIGURATION, type Configuration } from '../configuration';

const HOUR = 3_600_000;
/** Members that hold a fresh secret: shown once, never kept. */
const SECRETS = new Set(['key', 'secret']);

/** The first request under one key; without a status it is still under way. */
export interface Answer extends KeptAnswer {
  readonly fingerprint: string;
  readonly status?: number;
  readonly body?: unknown;
}

/** Answers to writes, remembered beside the streams. */
@Injectable()
export class Answers {
  constructor(
    private readonly records: RecordStore,
    @Inject(CONFIGURATION) private readonly configuration: Configuration,
  ) {}

  /** Takes the name for a request that begins now; or the request that took it before. */
  async begin(name: string, fingerprint: string): Promise<Answer | undefined> {
    const value: Answer = { fingerprint };
    // A process that dies on the way leaves the name taken, for as long as a request may last at most.
    const expiresAt = Date.now() + 2_000 * this.configuration.requestTimeoutSeconds;
    if (await this.taken(name, value, expiresAt)) return undefined;
    const [earlier] = await this.records.get(ANSWERS, [name], Date.now());
    // Gone in between: whoever had it has failed or expired, and the caller asks again.
    return (earlier ?? value) as Answer;
  }

  /** Where this fails the request has had no effect, and its repetition must not find the name taken. */
  private async taken(name: string, value: Answer, expiresAt: number): Promise<boolean> {
    try {
      return await this.records.putNew(ANSWERS, { key: name, value, expiresAt }, Date.now());
    } catch (error) {
      if (!(error instanceof UnknownOutcome)) throw error;
      await this.forget(name);
      throw new StoreUnavailable(error.message, { cause: error });
    }
  }

  async remember(name: string, answer: Answer, hours: number): Promise<void> {
    const at = Date.now();
    const value: Answer = { ...answer, body: withoutSecrets(answer.body), at };
    await this.records.put(ANSWERS, [{ key: name, value, expiresAt: at + hours * HOUR }]);
  }

  /** Where this fails the name stays taken until it expires. */
  async forget(name: string): Promise<void> {
    await this.records.remove(ANSWERS, [name]).catch(() => undefined);
  }
}

function withoutSecrets(body: unknown): unknown {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return body;
  return Object.fromEntries(Object.entries(body).filter(([name]) => !SECRETS.has(name)));
}
