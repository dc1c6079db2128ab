import { createHash, timingSafeEqual } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { type Caller, KeyDirectory } from '@tallystick/contracts';
import { CONFIGURATION, type Configuration } from '../configuration';
import { OperatorKey } from '../running/operator-key';

const REMEMBERED = 10_000;
const OPERATOR: Caller = { keyId: 'operator', role: 'operator' };

interface Known {
  readonly caller: Promise<Caller | undefined>;
  readonly until: number;
}

/** Who holds a key: the installation's operator, or whom the directory names. A good key is remembered for seconds. */
@Injectable()
export class Keys {
  private readonly known = new Map<string, Known>();

  constructor(
    private readonly directory: KeyDirectory,
    private readonly operator: OperatorKey,
    @Inject(CONFIGURATION) private readonly configuration: Pick<Configuration, 'keyCacheSeconds'>,
  ) {
    directory.onRevoked(() => this.known.clear());
  }

  async holder(key: string, now = Date.now()): Promise<Caller | undefined> {
    const digest = createHash('sha256').update(key).digest();
    if (timingSafeEqual(digest, this.operator.digest)) return OPERATOR;
    // Kept by digest, so that no key lies in memory longer than its request.
    const name = digest.toString('base64');
    const known = this.known.get(name);
    if (known && known.until > now) return known.caller;
    const caller = this.directory.find(key);
    this.remember(name, { caller, until: now + this.configuration.keyCacheSeconds * 1_000 });
    const found = await caller.catch((error: unknown) => this.forget(name, error));
    if (found === undefined) this.known.delete(name);
    return found;
  }

  private remember(name: string, known: Known): void {
    this.known.delete(name);
    if (this.known.size >= REMEMBERED) this.known.delete(this.known.keys().next().value!);
    this.known.set(name, known);
  }

  private forget(name: string, error: unknown): never {
    this.known.delete(name);
    throw error;
  }
}
